/** A card of the emulated hardware: every guest has all of them, since a saved state needs the hardware it was saved on. */
export interface Card {
  mac: string;
  /** What it is plugged into; absent: nothing, and the guest removes the card. */
  plug?:
    | { kind: 'management'; hostPort: number; guestAddress: string }
    | { kind: 'segment'; socketDirectory: string };
}

/** Everything QEMU must know about one guest. */
export interface Hardware {
  name: string;
  accelerator: 'kvm' | 'tcg';
  memory: number;
  kernel: string;
  initrd: string;
  disk: string;
  qmpSocket: string;
  channelSocket: string;
  consoleLog: string;
  cards: Card[];
  /** Go on from the saved state that the environment variable LAB_STATE names, rather than boot. */
  restore: boolean;
}

/** The first card is the management card, the others are the cluster's. */
export const cardCount = 5;

/** Where a card sits on the guest's PCI bus, as the kernel writes it. */
export const pciAddress = (card: number) => `0000:00:${(0x10 + card).toString(16)}.0`;

/** Where the management network lives: the workstation's end is .1, the guests follow from .10. */
export const managementNetwork = { prefix: '192.0.2.', length: 24 };

/**
 * What the guests' kernel is told. norandmaps: QEMU finds translated code again by its address, so that processes at
 * random addresses are translated anew each: a fork and exec then cost four times the CPU time.
 */
export const kernelLine = [
  'root=/dev/vda rw console=ttyS0 quiet panic=10',
  'mitigations=off no_timer_check random.trust_cpu=on nowatchdog norandmaps audit=0 apparmor=0 selinux=0 8250.nr_uarts=1',
].join(' ');

/** The arguments of qemu-system-x86_64. */
export function qemuArguments(hardware: Hardware): string[] {
  const { accelerator, cards } = hardware;
  return [
    ...['-name', `lab/${hardware.name}`],
    ...['-machine', 'pc,usb=off,vmport=off'],
    ...['-accel', accelerator === 'kvm' ? 'kvm' : 'tcg,tb-size=256'],
    ...['-cpu', accelerator === 'kvm' ? 'host' : 'Nehalem,+aes,+pclmulqdq,+rdrand'],
    ...['-m', String(hardware.memory), '-smp', '1'],
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-rtc', 'base=utc,clock=host'],
    ...['-kernel', hardware.kernel, '-initrd', hardware.initrd, '-append', kernelLine],
    ...['-drive', `if=none,id=disk,format=qcow2,cache=unsafe,file=${comma(hardware.disk)}`],
    ...['-device', 'virtio-blk-pci,drive=disk,addr=3'],
    ...['-device', 'virtio-serial-pci,addr=4'],
    ...['-chardev', `socket,id=channel,server=on,wait=off,path=${comma(hardware.channelSocket)}`],
    ...['-device', 'virtconsole,chardev=channel'],
    ...['-device', 'virtio-rng-pci,addr=5'],
    ...['-chardev', `file,id=console,append=on,path=${comma(hardware.consoleLog)}`],
    ...['-serial', 'chardev:console'],
    ...['-chardev', `socket,id=qmp,server=on,wait=off,path=${comma(hardware.qmpSocket)}`],
    ...['-mon', 'chardev=qmp,mode=control'],
    ...cards.flatMap(cardArguments),
    ...(hardware.restore ? ['-incoming', 'defer'] : []),
  ];
}

function cardArguments({ mac, plug }: Card, index: number): string[] {
  const device = `virtio-net-pci,id=card${index},mac=${mac},addr=0x${(0x10 + index).toString(16)},romfile=`;
  if (!plug) return ['-device', device];
  return ['-netdev', netdev(plug, index), '-device', `${device},netdev=net${index}`];
}

function netdev(plug: NonNullable<Card['plug']>, index: number): string {
  if (plug.kind === 'segment') return `vde,id=net${index},sock=${comma(plug.socketDirectory)}`;
  const { prefix, length } = managementNetwork;
  return [
    `user,id=net${index},restrict=on,ipv6=off,net=${prefix}0/${length},host=${prefix}1,dns=${prefix}2`,
    `hostfwd=tcp:127.0.0.1:${plug.hostPort}-${plug.guestAddress}:22`,
  ].join(',');
}

/** QEMU reads a doubled comma as a comma. */
const comma = (path: string) => path.replaceAll(',', ',,');
