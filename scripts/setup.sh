#!/bin/sh
# Set-up that demo.sh, test.sh and bench.sh share. Sourced, not run.
#   prepare_node            npm packages and the build
#   prepare_tools WHAT…     system tools; WHAT is lab, or a group of the tests: probes, brokers, containers, browser, shells, vm, quic, aioquic
# Installs Debian packages only when it may (root, or sudo without a password);
# otherwise it prints the exact command and goes on or stops, as the caller says.

say() { printf '%s\n' "$*" >&2; }

prepare_node() {
  if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    say "mqbench needs Node.js >= 20.19 with npm; see https://nodejs.org or your distribution's packages."
    exit 3
  fi
  if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    say "mqbench needs Node.js >= 20.19; this is $(node --version)."
    exit 3
  fi
  if [ ! -d node_modules ] || [ -n "$(find package-lock.json -newer node_modules/.package-lock.json)" ]; then
    say "Installing npm packages (npm ci) …"
    npm ci --no-audit --no-fund --loglevel=error || exit 4
  fi
  say "Building …"
  npm run --silent build || exit 4
}

# prints the Debian packages for a group, for tools that are missing
missing_packages() {
  case "$1" in
    lab) wanted="ip:iproute2 tc:iproute2 nft:nftables conntrack:conntrack unshare:util-linux setpriv:util-linux" ;;
    probes) wanted="ping:iputils-ping tshark:tshark" ;;
    brokers) wanted="mosquitto:mosquitto mosquitto_pub:mosquitto-clients nginx:nginx-light
      /usr/lib/nginx/modules/ngx_stream_module.so:libnginx-mod-stream prometheus:prometheus
      rabbitmqctl:rabbitmq-server nats-server:nats-server" ;;
    # runc beside what podman brings: crun refuses control groups of both versions at once.
    containers) wanted="podman:podman runc:runc" ;;
    browser) wanted="chromium:chromium" ;;
    shells) wanted="zsh:zsh fish:fish" ;;
    vm) wanted="qemu-system-x86_64:qemu-system-x86 busybox:busybox-static" ;;
    quic) wanted="/usr/lib/go-1.19/bin/go:golang-1.19-go
      /usr/share/gocode/src/github.com/lucas-clemente/quic-go:golang-github-lucas-clemente-quic-go-dev" ;;
    aioquic) wanted="python3:python3" ;;
    *) say "unknown group of tools: $1"; exit 1 ;;
  esac
  for pair in $wanted; do
    tool=${pair%%:*} # a program, or a file that a package brings
    command -v "$tool" >/dev/null 2>&1 || [ -e "$tool" ] || [ -x "/usr/sbin/$tool" ] || printf '%s ' "${pair##*:}"
  done
}

# may_install: how packages can be installed here; empty when they cannot.
# SYSTEMD_OFFLINE and RUNLEVEL keep packages from starting their services: the
# tests start brokers of their own, on loopback, and end them.
may_install() {
  command -v apt-get >/dev/null 2>&1 || return 0
  quiet="env DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 RUNLEVEL=1"
  if [ "$(id -u)" = 0 ]; then
    echo "$quiet"
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    echo "sudo -n $quiet"
  fi
}

# install_packages PACKAGE… ; fails, having said the command, when it may not or cannot
install_packages() {
  how=$(may_install)
  if [ -z "$how" ]; then
    say "Missing: $*. Install with:"
    say "  sudo apt-get install -y --no-install-recommends $*"
    return 1
  fi
  say "Installing $* (apt) …"
  log=$(mktemp)
  if { $how apt-get -qq update && $how apt-get -qq install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  tail -n 5 "$log" >&2
  rm -f "$log"
  say "Could not install: $*"
  return 1
}

prepare_tools() {
  packages=""
  for group in "$@"; do packages="$packages$(missing_packages "$group")"; done
  packages=$(printf '%s' "$packages" | tr ' ' '\n' | sort -u | tr '\n' ' ')
  # shellcheck disable=SC2086 # a list of words on purpose
  [ -z "$(printf '%s' "$packages" | tr -d ' ')" ] || install_packages $packages || return 1
  case " $* " in *" aioquic "*) prepare_aioquic ;; esac
}

# aioquic, an outside QUIC stack, from PyPI: in a Python environment of its own below node_modules, where
# test/quic/interop-aioquic.test.ts looks for it. Every file is pinned by its hash.
prepare_aioquic() {
  place=node_modules/.cache/aioquic
  "${MQBENCH_AIOQUIC_PYTHON:-$place/bin/python}" -c 'import aioquic' 2>/dev/null && return 0
  python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv || return 1
  say "Installing aioquic (pip) …"
  log=$(mktemp)
  if { rm -rf "$place" && python3 -m venv "$place" &&
    "$place/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
      --requirement scripts/aioquic.txt; } >"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  tail -n 5 "$log" >&2
  rm -f "$log"
  say "Could not install aioquic from PyPI."
  return 1
}
