#!/bin/sh
# Runs a command on a kernel that has netem, where this machine's kernel has not: boots Debian's own kernel in
# qemu-system-x86_64 (no KVM needed), with this machine's files shared read-only, and gives back the command's output
# and exit code.
#
# usage: netem-vm.sh --prepare                fetch what is needed with apt (root, or sudo without a password)
#        netem-vm.sh [--] COMMAND ARGUMENT…   in the folder it is called from
#        netem-vm.sh --help
#
# In the machine /run and /tmp are empty and writable, everything else is read-only; there is no network outside.
# Environment: MQBENCH_VM_DIR      where kernel and initramfs are kept (default ~/.cache/mqbench/netem-vm)
#              MQBENCH_VM_APPEND   further parameters of the kernel, e.g. ipv6.disable=1
#              MQBENCH_VM_TIMEOUT  seconds after which the machine is stopped (default 120)
# Exit codes: the command's; 3 when this machine cannot do it (not prepared, no apt, no Debian package); 124 on timeout.
set -eu

DIR=${MQBENCH_VM_DIR-${XDG_CACHE_HOME-${HOME-/root}/.cache}/mqbench/netem-vm}
# Loaded in this order, and from the initramfs: without them there is no root file system (modprobe gets virtio's wrong).
BOOT_MODULES="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci 9pnet 9pnet_virtio netfs fscache 9p"
# crc32c_generic first: nf_tables needs it without saying so.
LAB_MODULES="crc32c_generic sch_netem veth tun nf_tables nft_chain_nat nft_nat nft_ct nft_numgen nf_conntrack_netlink"

cannot() { echo "netem-vm.sh: $*" >&2; exit 3; }
help() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p;}' "$0"; }
root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# Another version of this script builds anew.
prepared() {
  command -v qemu-system-x86_64 >/dev/null && command -v busybox >/dev/null && [ -e "$DIR/ready-$(cksum < "$0" | tr ' ' -)" ]
}

prepare() {
  if prepared; then echo "$DIR"; return; fi
  [ "$(uname -m)" = x86_64 ] || cannot "only on x86-64"
  command -v apt-get >/dev/null || cannot "there is no apt here"
  root apt-get update -qq || cannot "apt-get update failed (as root, or with sudo that asks no password)"
  root apt-get install -y -qq --no-install-recommends qemu-system-x86 busybox-static >/dev/null ||
    cannot "could not install qemu-system-x86 and busybox-static"
  package=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '$1 == "Depends:" && /linux-image-/ { print $2; exit }')
  [ -n "$package" ] || cannot "no package linux-image-amd64 here: it is Debian's"
  rm -rf "$DIR"
  mkdir -p "$DIR/unpacked"
  # As the user, into a folder of the user's: nothing is installed, the running kernel stays what it is.
  (cd "$DIR" && apt-get download -qq "$package" 2>/dev/null) || cannot "could not download $package"
  dpkg-deb -x "$DIR/$package"_*.deb "$DIR/unpacked"
  rm -f "$DIR/$package"_*.deb
  build_initramfs
  : > "$DIR/ready-$(cksum < "$0" | tr ' ' -)"
  echo "$DIR"
}

build_initramfs() {
  version=$(ls "$DIR/unpacked/lib/modules")
  cp "$DIR/unpacked/boot/vmlinuz-$version" "$DIR/kernel"
  busybox depmod -b "$DIR/unpacked" "$version"
  tree=$DIR/tree
  mkdir -p "$tree/bin" "$tree/boot-modules" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/host" "$tree/lib" "$tree/out"
  cp "$(command -v busybox)" "$tree/bin/busybox"
  for module in $BOOT_MODULES; do
    file=$(find "$DIR/unpacked/lib/modules/$version" -name "$module.ko*" | head -n 1)
    [ -z "$file" ] || cp "$file" "$tree/boot-modules/" # absent: built into the kernel
  done
  init_script > "$tree/init"
  chmod +x "$tree/init"
  (cd "$tree" && busybox find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 > "$DIR/initramfs"
  rm -rf "$tree"
}

# First program of the machine. What runs after it is /job, which each run appends to the initramfs.
init_script() {
  cat <<END
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $BOOT_MODULES; do
  for file in /boot-modules/\$module.ko*; do [ ! -e "\$file" ] || insmod "\$file"; done
done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose host /host
ln -s "/host$DIR/unpacked/lib/modules" /lib/modules
for module in $LAB_MODULES; do modprobe "\$module" 2>/dev/null; done
for place in proc sys dev; do mount -o move "/\$place" "/host/\$place" || mount -o bind "/\$place" "/host/\$place"; done
mount -t tmpfs -o mode=755 run /host/run
mkdir -p /host/dev/pts /host/dev/shm
mount -t devpts pts /host/dev/pts
mount -t tmpfs shm /host/dev/shm
cp /job /host/run/job
mkdir /host/run/out
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out /host/run/out
exec switch_root /host /bin/sh /run/job
END
}

# A word that the shell reads back as it is.
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }

job_script() {
  echo "export PATH=$(quoted "$PATH") HOME=/run LC_ALL=C"
  # A checkout below /tmp must stay visible.
  case $PWD in /tmp|/tmp/*) ;; *) echo "mount -t tmpfs tmp /tmp" ;; esac
  echo "ip link set lo up 2>/dev/null"
  echo "cd $(quoted "$PWD")"
  line=
  for word; do line="$line $(quoted "$word")"; done
  echo "$line > /run/out/stdout 2> /run/out/stderr < /dev/null"
  echo 'echo $? > /run/out/exit'
  echo 'sync; echo o > /proc/sysrq-trigger; sleep 30'
}

run() {
  prepared || cannot "not prepared; run: scripts/netem-vm.sh --prepare"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  mkdir "$work/out" "$work/job"
  job_script "$@" > "$work/job/job"
  { cat "$DIR/initramfs"; (cd "$work/job" && echo job | busybox cpio -o -H newc 2>/dev/null) | gzip -1; } > "$work/initramfs"
  status=0
  # Its clock counts instructions (2 ns each), and goes with this machine's only while it waits: what is measured in it is the
  # same beside other programs, which would hold up a processor whose clock goes on. That is for one processor, and one
  # takes half of what two do.
  # An old processor: the longer instructions of newer ones cost more to emulate than they save.
  # On a busy machine the first ticks come later than the kernel's check of its timer waits (no_timer_check). What only guards
  # the kernel, or tests it, costs a processor without KVM seconds.
  quick="mitigations=off no_timer_check init_on_alloc=0 cryptomgr.notests nokaslr audit=0 apparmor=0 randomize_kstack_offset=off"
  timeout "${MQBENCH_VM_TIMEOUT-120}" qemu-system-x86_64 -accel tcg,thread=single -icount shift=1 -cpu Nehalem -smp 1 -m 1536 \
    -nodefaults -no-user-config -display none -no-reboot -serial "file:$work/console" \
    -kernel "$DIR/kernel" -initrd "$work/initramfs" -append "console=ttyS0 quiet panic=-1 $quick ${MQBENCH_VM_APPEND-}" \
    -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
    -virtfs "local,path=$work/out,mount_tag=out,security_model=none" 2> "$work/qemu" || status=$?
  cat "$work/out/stdout" 2>/dev/null || :
  cat "$work/out/stderr" >&2 2>/dev/null || :
  if [ -s "$work/out/exit" ]; then return "$(cat "$work/out/exit")"; fi
  if [ "$status" = 124 ]; then echo "netem-vm.sh: stopped after ${MQBENCH_VM_TIMEOUT-120} s" >&2; else status=3; fi
  { echo "netem-vm.sh: the machine did not run the command:"; cat "$work/qemu"; tail -n 20 "$work/console"; } >&2 2>/dev/null
  return "$status"
}

case ${1-} in
  --prepare) prepare ;;
  --help|-h) help ;;
  '') help >&2; exit 2 ;;
  --) shift; run "$@" ;;
  -*) echo "netem-vm.sh: unknown option $1; see --help" >&2; exit 2 ;;
  *) run "$@" ;;
esac
