# shellcheck shell=bash
# A PostgreSQL and Redis servers of our own: fresh, on free ports of 127.0.0.1, in a temporary folder.
# Sourced by tests/run and by whatever else needs them. The caller sets a trap on stop_services.

services_dir=''
postgres_pid=''
redis_pids=()
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
  launch_redis redis || return 1
  export YIMEN_TEST_REDIS=redis://127.0.0.1:$redis_port
}

# launch_redis NAME [OPTION…]: a Redis of its own in a folder of its own; sets redis_port.
launch_redis() {
  local name=$1 program try
  shift
  # By its whole path: a Redis that is told to restart looks for it.
  program=$(command -v redis-server)
  make_services_dir
  mkdir "$services_dir/$name"
  for try in 1 2 3 4 5; do
    redis_port=$(free_port)
    (cd "$services_dir/$name" && exec setpriv --pdeathsig TERM "$program" "$@" --port "$redis_port" \
      --bind 127.0.0.1 --save '' --appendonly no) >"$services_dir/$name.$try.log" 2>&1 &
    redis_pids+=($!)
    wait_until_up $! redis-cli -p "$redis_port" ping && return 0
  done
  cat "$services_dir/$name".*.log >&2
  return 1
}

# Sets YIMEN_TEST_REDIS_CLUSTER: three masters that go on without one another.
start_redis_cluster() {
  local node bus ports=() first_bus last
  export REDISCLI_AUTH=cluster-secret
  for node in 0 1 2; do
    bus=$(free_port)
    launch_redis "cluster-$node" --cluster-enabled yes --cluster-port "$bus" --cluster-node-timeout 1000 \
      --cluster-require-full-coverage no --enable-debug-command local --requirepass "$REDISCLI_AUTH" || return 1
    ports+=("$redis_port")
    last=$((node < 2 ? node * 5461 + 5460 : 16383))
    redis-cli -p "$redis_port" cluster addslotsrange $((node * 5461)) "$last"
    redis-cli -p "$redis_port" cluster set-config-epoch $((node + 1))
    redis-cli -p "$redis_port" cluster meet 127.0.0.1 "${ports[0]}" "${first_bus:=$bus}"
  done >/dev/null
  for node in 0 1 2; do
    wait_until_up "${redis_pids[-1]}" cluster_is_whole "${ports[node]}" || return 1
  done
  unset REDISCLI_AUTH
  export YIMEN_TEST_REDIS_CLUSTER=redis+cluster://:cluster-secret@127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}
}

cluster_is_whole() {
  local info
  info=$(redis-cli -p "$1" cluster info)
  [[ $info == *cluster_state:ok* && $info == *cluster_slots_ok:16384* && $info == *cluster_size:3* ]]
}

# Sets YIMEN_TEST_REDIS_SENTINEL: a master, its replica, and a sentinel that soon notices when the master is gone.
start_redis_sentinel() {
  local master server=(--user default off --user yimen on '>server-secret' '~*' '&*' +@all
    --masteruser yimen --masterauth server-secret --repl-diskless-sync-delay 0)
  launch_redis master "${server[@]}" || return 1
  master=$redis_port
  launch_redis replica "${server[@]}" --replicaof "127.0.0.1 $master" || return 1
  cat >"$services_dir/sentinel.conf" <<END
requirepass sentinel-secret
sentinel monitor city 127.0.0.1 $master 1
sentinel auth-user city yimen
sentinel auth-pass city server-secret
sentinel down-after-milliseconds city 500
sentinel failover-timeout city 2000
END
  launch_redis sentinel "$services_dir/sentinel.conf" --sentinel || return 1
  wait_until_up "${redis_pids[-1]}" replica_is_ready "$redis_port" || return 1
  export YIMEN_TEST_REDIS_SENTINEL="redis+sentinel://yimen:server-secret@127.0.0.1:$redis_port/city?sentinel=:sentinel-secret"
}

replica_is_ready() {
  [[ $(REDISCLI_AUTH=sentinel-secret redis-cli -p "$1" sentinel replicas city) == *master-link-status$'\n'ok* ]]
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
  local pid
  # Those that no test has ended; one that a test has stopped takes the signal when it goes on.
  for pid in $(jobs -rp); do
    [[ " ${redis_pids[*]} " == *" $pid "* ]] || continue
    kill -TERM "$pid" || true
    kill -CONT "$pid" 2>/dev/null || true
    wait "$pid" || true
  done
  [ -n "$services_dir" ] && rm -rf "$services_dir"
  postgres_pid='' redis_pids=() services_dir=''
}
