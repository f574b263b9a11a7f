// SPDX-License-Identifier: Apache-2.0

/** How QEMU runs a guest's instructions: by the processor itself, or by emulation. */
export type Accelerator = 'kvm' | 'tcg';

/** Files of a machine, by their names in its folder: QEMU starts there, so that socket paths stay short. */
export const MACHINE_FILES = {
  disk: 'disk.qcow2',
  parts: 'parts.img',
  ssh: 'ssh.sock',
  qmp: 'qmp.sock',
  console: 'console.log',
} as const;

/** QEMU's name of the link's end, for its orders (`set_link`). */
export const LINK = 'link';

/**
 * What the guest syncs is in this machine's page cache then: it outlives QEMU's end, which is all that a power cut is
 * here. To wait for the disk as well takes an etcd in the guest most of its time when others use that disk too.
 */
export const DISK = 'format=qcow2,discard=unmap,cache=unsafe';

/** Name of the management port in the guest (infra/vm/guest/airgap-port.service). */
const PORT = 'airgap.ssh';

/** A machine without any device. */
export interface BareSpec {
  /** Shown in the process list; carries the session's label. */
  readonly name: string;
  readonly accelerator: Accelerator;
  readonly cpus: number;
  readonly memoryMiB: number;
}

/** What is loaded in place of a disk's own boot loader. */
export interface DirectBoot {
  readonly kernel: string;
  readonly initrd: string;
}

export interface MachineSpec extends BareSpec {
  /** Null: the disk has a boot loader, and a kernel that is told nothing by the harness. */
  readonly boot: DirectBoot | null;
  /** The tap in the namespace QEMU is started in. */
  readonly tap: string;
  /** 32 hex digits. */
  readonly machineId: string;
  /** Where the guest's clock begins (`2028-11-25T12:00:00`, UTC). @default null: now */
  readonly startTime: string | null;
}

/** Found on the bus or the processor, loaded by udev, of no use: each costs an emulated guest up to a second. */
const UNUSED_MODULES = [
  'aesni_intel',
  'ata_generic',
  'ata_piix',
  'button',
  'crc32_pclmul',
  'crct10dif_pclmul',
  'ghash_clmulni_intel',
  'libata',
  'sha512_ssse3',
] as const;

export const DEFAULT_CPUS = 2;

/**
 * Of the kernel of an emulated machine. Such a processor speculates about nothing, and a guard against it (a return in place of
 * each indirect call) makes programs run twice as long: `k3s kubectl version` four times at once 4.2 s for 10.9 s. Watchdogs of
 * services count by the clock, not by what a slow processor can do.
 */
const EMULATED_ARGUMENTS = ['mitigations=off', 'systemd.service_watchdogs=no'] as const;

/** Locally administered; each link has its own namespace, so one address serves every guest, and a saved one as well. */
const MAC = '52:54:00:61:67:01';

/**
 * QEMU's command line. Nothing but what is named here exists in the machine: no default devices, no user network.
 *
 * @param incoming a shell command that yields a saved machine's memory; null: the machine is switched on
 */
export function qemuCommand(spec: MachineSpec, incoming: string | null = null): string[] {
  return [
    ...bareMachine(spec),
    ...(spec.boot === null ? ownLoader(spec.machineId) : directBoot(spec, spec.boot)),
    '-serial',
    `file:${MACHINE_FILES.console}`,
    '-qmp',
    `unix:${MACHINE_FILES.qmp},server=on,wait=off`,
    ...drive('disk', `file=${MACHINE_FILES.disk},${DISK}`),
    ...drive('parts', `file=${MACHINE_FILES.parts},format=raw,readonly=on`),
    '-device',
    'virtio-serial-pci',
    '-chardev',
    `socket,id=ssh,path=${MACHINE_FILES.ssh},server=on,wait=off`,
    '-device',
    `virtserialport,chardev=ssh,name=${PORT}`,
    '-netdev',
    `tap,id=${LINK},ifname=${spec.tap},script=no,downscript=no`,
    '-device',
    `virtio-net-pci,netdev=${LINK},mac=${MAC},romfile=`,
    ...(spec.startTime === null ? [] : ['-rtc', `base=${spec.startTime}`]),
    ...(incoming === null ? [] : ['-incoming', `exec:${incoming}`]),
  ];
}

/** The beginning of QEMU's command line: processor and memory, and no device that was not asked for. */
export function bareMachine({ name, accelerator, cpus, memoryMiB }: BareSpec): string[] {
  return [
    'qemu-system-x86_64',
    '-name',
    name,
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-machine',
    'pc',
    ...acceleratorOptions(accelerator),
    '-smp',
    String(cpus),
    '-m',
    String(memoryMiB),
  ];
}

function directBoot({ accelerator, machineId }: MachineSpec, { kernel, initrd }: DirectBoot): string[] {
  const append = [
    'console=ttyS0',
    'quiet',
    'panic=-1',
    'net.ifnames=0', // one link, one name: eth0
    'random.trust_cpu=on', // nobody waits for entropy
    `module_blacklist=${UNUSED_MODULES.join(',')}`,
    `systemd.machine_id=${machineId}`,
    ...(accelerator === 'kvm' ? [] : EMULATED_ARGUMENTS),
  ];
  return ['-kernel', kernel, '-initrd', initrd, '-append', append.join(' ')];
}

/** systemd takes its machine id from the machine's UUID when its file is empty: the same 32 digits. */
function ownLoader(machineId: string): string[] {
  return ['-uuid', machineId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')];
}

export function acceleratorOptions(accelerator: Accelerator): string[] {
  return accelerator === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
}

export function drive(id: string, options: string): string[] {
  return ['-drive', `if=none,id=${id},${options}`, '-device', `virtio-blk-pci,drive=${id}`];
}
