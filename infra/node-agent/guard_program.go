// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// instruction is struct bpf_insn: destination register in the low half of registers, source in the high half.
type instruction struct {
	code      uint8
	registers uint8
	offset    int16
	value     int32
}

// Of linux/bpf.h: a helper, and operation codes in words.
const (
	helperGetName = 101  // bpf_sysctl_get_name(context, buffer, length, flags)
	jumpNotEqual  = 0x50 // BPF_JNE

	loadWord   = unix.BPF_LDX | unix.BPF_MEM | unix.BPF_W
	loadDouble = unix.BPF_LDX | unix.BPF_MEM | unix.BPF_DW
	loadHalf   = unix.BPF_LDX | unix.BPF_MEM | unix.BPF_H
	loadWide   = unix.BPF_LD | unix.BPF_IMM | unix.BPF_DW
	storeZeros = unix.BPF_ST | unix.BPF_MEM | unix.BPF_DW
	storeWord  = unix.BPF_STX | unix.BPF_MEM | unix.BPF_W
	move       = unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_X
	moveValue  = unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_K
	addValue   = unix.BPF_ALU64 | unix.BPF_ADD | unix.BPF_K
	ifValue    = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	ifNot      = unix.BPF_JMP | jumpNotEqual | unix.BPF_X
	call       = unix.BPF_JMP | unix.BPF_CALL
	exit       = unix.BPF_JMP | unix.BPF_EXIT

	frame  = 10  // register 10 is the stack's end
	nameAt = -64 // 64 bytes; a longer name is cut off

	writeAt    = 0 // struct bpf_sysctl: is it a write?
	positionAt = 4 // the file position, which a program may change
)

// namespacedPrefixes are ten bytes each, so that one 8-byte and one 2-byte comparison decide.
var namespacedPrefixes = []string{
	"kernel/shm", "kernel/sem", "kernel/msg", "kernel/hos", "kernel/dom", "kernel/aut", "kernel/ns_", "fs/mqueue/",
}

// sysctlProgram allows everything, but a write that is neither to net/ nor to one of namespacedPrefixes is moved to a
// position far behind the setting's start. The kernel takes such a write, says that it succeeded, and changes nothing
// (admin-guide/sysctl/kernel.rst, sysctl_writes_strict = 1).
func sysctlProgram() []instruction {
	p := &assembler{labels: map[string]int{}, jumps: map[int]string{}}
	p.emit(move, 6, 1, 0, 0) // the context
	p.emit(loadWord, 0, 1, writeAt, 0)
	p.jump(ifValue, 0, 0, 0, "allow")
	for at := nameAt; at < 0; at += 8 {
		p.emit(storeZeros, frame, 0, int16(at), 0)
	}
	p.emit(move, 2, frame, 0, 0)
	p.emit(addValue, 2, 0, 0, nameAt)
	p.emit(moveValue, 3, 0, 0, -nameAt)
	p.emit(moveValue, 4, 0, 0, 0)
	p.emit(call, 0, 0, 0, helperGetName)
	p.emit(loadWord, 1, frame, nameAt, 0)
	p.jump(ifValue, 1, 0, int32(binary.LittleEndian.Uint32([]byte("net/"))), "allow")
	p.emit(loadDouble, 1, frame, nameAt, 0)
	p.emit(loadHalf, 2, frame, nameAt+8, 0)
	for _, prefix := range namespacedPrefixes {
		p.wide(3, binary.LittleEndian.Uint64([]byte(prefix)))
		p.jump(ifNot, 1, 3, 0, prefix)
		p.jump(ifValue, 2, 0, int32(binary.LittleEndian.Uint16([]byte(prefix[8:]))), "allow")
		p.label(prefix)
	}
	p.emit(moveValue, 1, 0, 0, 1<<30)
	p.emit(storeWord, 6, 1, positionAt, 0)
	p.label("allow")
	p.emit(moveValue, 0, 0, 0, 1)
	p.emit(exit, 0, 0, 0, 0)
	return p.link()
}

// assembler lays out instructions and fills in jumps to labels.
type assembler struct {
	code   []instruction
	labels map[string]int
	jumps  map[int]string
}

func (p *assembler) emit(code uint8, to, from uint8, offset int16, value int32) {
	p.code = append(p.code, instruction{code, to | from<<4, offset, value})
}

func (p *assembler) wide(to uint8, value uint64) {
	p.emit(loadWide, to, 0, 0, int32(uint32(value)))
	p.emit(0, 0, 0, 0, int32(uint32(value>>32)))
}

func (p *assembler) jump(code uint8, left, right uint8, value int32, target string) {
	p.jumps[len(p.code)] = target
	p.emit(code, left, right, 0, value)
}

func (p *assembler) label(name string) {
	p.labels[name] = len(p.code)
}

func (p *assembler) link() []instruction {
	for at, target := range p.jumps {
		p.code[at].offset = int16(p.labels[target] - at - 1)
	}
	return p.code
}
