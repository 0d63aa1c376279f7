/**
 * First process of a guest, from the initrd: loads what the disk needs (virtio is modular in Debian's kernel) and
 * goes on to systemd. With lab.probe on the kernel's command line it only proves that the emulator runs.
 */
export const earlyInit = `#!/bin/busybox sh
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs devtmpfs /dev
if $bb grep -q lab.probe /proc/cmdline; then
  echo LAB-PROBE-OK
  $bb poweroff -f
fi
for module in /modules/*.ko; do $bb insmod "$module"; done
tries=0
until [ -b /dev/vda ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || { echo 'no /dev/vda'; $bb poweroff -f; }
  $bb sleep 0.1
done
$bb mount -t ext4 -o rw /dev/vda /root || { echo 'cannot mount /dev/vda'; $bb poweroff -f; }
$bb umount /proc
$bb umount /sys
$bb mount --move /dev /root/dev
exec $bb switch_root /root /sbin/init
`;
