#!/bin/bash
# The first process inside: mounts, modules, the command; its exit status goes to the shared directory. The kernel's command line
# gave it $shared, $checkout and $limit_s.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb PYTHONDONTWRITEBYTECODE=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=666 devpts /dev/pts
for directory in /dev/shm /tmp /run /var/tmp /root; do mount -t tmpfs -o mode=1777 tmpfs "$directory"; done
mkdir -p "$checkout" "$shared"  # where one is below one of these
mount -r -t hostfs -o "$checkout" none "$checkout"
mount -t hostfs -o "$shared" none "$shared"
mkdir -p /run/modules/lib
ln -s /usr/lib/uml/modules /run/modules/lib/modules
for module in veth bridge dummy sch_ingress sch_htb sch_netem sch_tbf cls_bpf cls_u32 act_mirred; do
    modprobe -d /run/modules "$module" 2>/dev/null
done
ip link set lo up
{ sleep "$limit_s"; halt -f; } &
cd "$checkout" && bash "$shared/command" </dev/null
echo $? > "$shared/status"
sync
exec halt -f
