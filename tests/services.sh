# shellcheck shell=bash
# A PostgreSQL and a Redis of our own: fresh, on free ports of 127.0.0.1, in a temporary folder.
# Sourced by tests/run and by whatever else needs them. The caller sets a trap on stop_services.

services_dir=''
postgres_pid=''
redis_pid=''
# Tests throw their data away; the benchmark, whose commits must reach the disk, sets this to nothing.
postgres_durability=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)

# Below the kernel's own range, so that no outgoing connection takes the port between the look and the start.
free_port() {
  local port
  while :; do
    port=$((10000 + RANDOM % 20000))
    if ! (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

make_services_dir() {
  [ -n "$services_dir" ] && return
  services_dir=$(mktemp -d "${TMPDIR:-/tmp}/yimen-services.XXXXXX")
  chmod 755 "$services_dir"
}

# Replaces the (sub)shell. PostgreSQL refuses to run as root, so root hands it to the user postgres;
# pdeathsig ends it with our shell even when the trap cannot run.
exec_as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    exec setpriv --pdeathsig INT --reuid postgres --regid postgres --init-groups "$@"
  else
    exec setpriv --pdeathsig INT "$@"
  fi
}

postgres_programs() {
  if command -v initdb >/dev/null; then
    dirname "$(readlink -f "$(command -v initdb)")"
  else
    find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1
  fi
}

# Sets YIMEN_TEST_POSTGRES: the address of a superuser who may create databases.
start_postgres() {
  local bin dir port try
  make_services_dir
  bin=$(postgres_programs)
  dir=$services_dir/postgres
  mkdir "$dir"
  [ "$(id -u)" = 0 ] && chown postgres "$dir"
  (cd / && exec_as_postgres "$bin/initdb" --pgdata "$dir/data" --username yimen --auth trust \
    --encoding UTF8 --locale C --no-sync) >"$services_dir/initdb.log" 2>&1 || {
    cat "$services_dir/initdb.log" >&2
    return 1
  }
  for try in 1 2 3 4 5; do
    port=$(free_port)
    (cd / && exec_as_postgres "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories="$dir" -c max_connections=400 -c shared_buffers=128MB -c max_wal_size=2GB \
      -c autovacuum=off "${postgres_durability[@]}") \
      >"$services_dir/postgres.$try.log" 2>&1 &
    postgres_pid=$!
    if wait_until_up "$postgres_pid" grep -q 'ready to accept' "$services_dir/postgres.$try.log"; then
      export YIMEN_TEST_POSTGRES=postgres://yimen@127.0.0.1:$port/postgres
      return 0
    fi
  done
  cat "$services_dir"/postgres.*.log >&2
  return 1
}

# Sets YIMEN_TEST_REDIS.
start_redis() {
  local port try
  make_services_dir
  for try in 1 2 3 4 5; do
    port=$(free_port)
    (cd "$services_dir" && exec setpriv --pdeathsig TERM redis-server --port "$port" --bind 127.0.0.1 \
      --save '' --appendonly no) >"$services_dir/redis.$try.log" 2>&1 &
    redis_pid=$!
    if wait_until_up "$redis_pid" redis-cli -p "$port" ping; then
      export YIMEN_TEST_REDIS=redis://127.0.0.1:$port
      return 0
    fi
  done
  cat "$services_dir"/redis.*.log >&2
  return 1
}

# wait_until_up PID COMMAND…: true once the command succeeds, false when the process ends or 20 s pass.
wait_until_up() {
  local pid=$1
  shift
  for _ in $(seq 200); do
    kill -0 "$pid" 2>/dev/null || return 1
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  kill -TERM "$pid"
  return 1
}

stop_services() {
  [ -n "$postgres_pid" ] && kill -INT "$postgres_pid" 2>/dev/null && wait "$postgres_pid"
  [ -n "$redis_pid" ] && kill -TERM "$redis_pid" 2>/dev/null && wait "$redis_pid"
  [ -n "$services_dir" ] && rm -rf "$services_dir"
  postgres_pid='' redis_pid='' services_dir=''
}
