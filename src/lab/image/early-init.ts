/**
 * First process of a guest, from the initrd: loads what the disk needs (virtio is modular in Debian's kernel) and
 * goes on to systemd. The cards' driver comes early too, except where the seed's boot holds it back: each card gets a
 * name of its own before udev gives it the right one, or else "eth0" may be taken when its owner comes. With lab.probe on the kernel's command line it only proves that the emulator runs.
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
if [ ! -e /root/etc/modprobe.d/lab-seed.conf ]; then
  for module in /modules/cards/*.ko; do $bb insmod "$module" 2> /dev/null; done
  for card in /sys/class/net/eth*; do
    $bb ip link set "\${card##*/}" name "card$($bb cat "$card/ifindex")"
  done
fi
$bb umount /proc
$bb umount /sys
$bb mount --move /dev /root/dev
exec $bb switch_root /root /sbin/init
`;
