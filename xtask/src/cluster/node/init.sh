# The first process of the node's namespaces: makes them look like a machine of its own, then collects what ends there.
# Arguments: the node's folder and the name of its control groups.
set -eu
folder=$1
groups=$2

# What programs keep outside of the folder that they are told, they keep there after all, or in memory.
mount -t tmpfs -o mode=755 run /run
for place in /var/lib /var/log; do
  mkdir -p "$folder$place"
  mount --bind "$folder$place" "$place"
done

# The kubelet sets these for the whole machine, unless it finds what it wants.
mkdir -p "$folder/sys"
wanted() {
  [ -e "/proc/sys/$1" ] || return 0
  file="$folder/sys/$(echo "$1" | tr / .)"
  echo "$2" >"$file"
  mount --bind "$file" "/proc/sys/$1"
}
wanted vm/overcommit_memory 1
wanted vm/panic_on_oom 0
wanted kernel/panic 10
wanted kernel/panic_on_oops 1
wanted kernel/keys/root_maxkeys 1000000
wanted kernel/keys/root_maxbytes 25000000

echo 1 >/proc/sys/net/ipv4/ip_forward

# Control groups of version 1 are one tree each, those of version 2 are one tree.
trees=/sys/fs/cgroup
[ -e $trees/cgroup.procs ] || trees="$trees/*"
for tree in $trees; do
  [ -e "$tree/cgroup.procs" ] || continue
  mkdir -p "$tree/$groups"
  for file in cpuset.cpus cpuset.mems; do
    if [ -e "$tree/cgroup.clone_children" ] && [ -e "$tree/$file" ]; then
      cat "$tree/$file" >"$tree/$groups/$file"
    fi
  done
  if [ -e "$tree/cgroup.controllers" ]; then
    for controller in $(cat "$tree/cgroup.controllers"); do
      echo "+$controller" >"$tree/cgroup.subtree_control" || true
      echo "+$controller" >"$tree/$groups/cgroup.subtree_control" || true
    done
  fi
done

echo "Serving as a machine of its own"
while :; do
  sleep 3600 &
  wait
done
