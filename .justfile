# Recipes for `just`; each is one command that also works by hand.

# The identity provider and two departments on ports 8000 to 8002.
run *options:
    cargo run --release -- demo {{options}}

# The same in a debug build, started again at each change (needs cargo-watch).
watch *options:
    cargo watch --watch idp --watch sdk --watch migrations --exec 'run -- demo {{options}}'

# Everything, from a clean clone; or one stage: unit, http, browser, interop, deploy.
test *stage:
    tests/run {{stage}}

# The black-box tests on SQLite and memory alone: needs nothing installed.
test-sqlite *filter:
    cargo build && YIMEN_TEST_BACKEND=sqlite+memory cargo test -p yimen-http-tests --test black_box -- {{filter}}

# The black-box tests on PostgreSQL and Redis alone, with servers of their own.
test-postgres *filter:
    YIMEN_TEST_BACKENDS=postgres+redis tests/run http {{filter}}

# What continuous integration says of style, before it says it.
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings

# Load against the release build, beside a plain axum server and npm's oidc-provider.
bench *options:
    tests/bench/run {{options}}
