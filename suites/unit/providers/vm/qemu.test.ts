// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { type MachineSpec, qemuCommand } from '../../../../harness/providers/vm/qemu.ts';

const SPEC: MachineSpec = {
  name: 'agr-123456-n1',
  boot: { kernel: '/k', initrd: '/i' },
  accelerator: 'tcg',
  cpus: 2,
  memoryMiB: 512,
  tap: 'node0',
  machineId: 'a'.repeat(32),
  startTime: null,
};

describe('the command line of QEMU', () => {
  it('has one way to the network, the tap, and no device that it was not told', () => {
    const line = qemuCommand(SPEC).join(' ');
    expect(line).to.contain('-nodefaults -no-user-config');
    expect(line.match(/-netdev \S+/g)).to.deep.equal([
      '-netdev tap,id=link,ifname=node0,script=no,downscript=no',
    ]);
    expect(line).to.not.match(/hostfwd|-nic|-net |user,/);
  });

  it('sets the clock and takes a saved memory only when told', () => {
    expect(qemuCommand(SPEC)).to.not.include.members(['-rtc', '-incoming']);
    const line = qemuCommand({ ...SPEC, startTime: '2028-11-25T12:00:00' }, 'cat /m').join(' ');
    expect(line).to.contain('-rtc base=2028-11-25T12:00:00');
    expect(line).to.contain('-incoming exec:cat /m');
  });

  it('leaves out of an emulated guest what such a processor does not need', () => {
    const options = 'mitigations=off systemd.service_watchdogs=no';
    expect(qemuCommand(SPEC).join(' ')).to.contain(options);
    expect(qemuCommand({ ...SPEC, accelerator: 'kvm' }).join(' ')).to.not.contain('mitigations');
  });

  it('leaves a disk with a boot loader to itself, but for the machine id', () => {
    const line = qemuCommand({ ...SPEC, boot: null, machineId: '0123456789abcdef0123456789abcdef' }).join(
      ' ',
    );
    expect(line).to.contain('-uuid 01234567-89ab-cdef-0123-456789abcdef');
    expect(line).to.not.match(/-kernel|-initrd|-append/);
  });

  it('never asks for the processor’s virtualisation when it must emulate', () => {
    expect(qemuCommand(SPEC).join(' ')).to.not.contain('kvm');
    expect(qemuCommand({ ...SPEC, accelerator: 'kvm' }).join(' ')).to.contain('-accel kvm -cpu host');
  });
});
