// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"
	"os"
)

// stdinWindow is how many frames may wait for the program to read them. A client sends the next frame when the last one
// was acknowledged, so only one that breaks the protocol meets this limit.
const stdinWindow = 16

// stdinQueue writes to a program's standard input in a goroutine of its own: a program that does not read must not keep
// a signal for it, or its client's end, from getting through.
type stdinQueue struct {
	frames *frameWriter
	to     *os.File
	data   chan []byte
	ended  bool
}

func newStdinQueue(frames *frameWriter, to *os.File) *stdinQueue {
	q := &stdinQueue{frames: frames, to: to, data: make(chan []byte, stdinWindow)}
	go q.run()
	return q
}

// run acknowledges also what a program that closed its standard input will never read, as a shell's pipe would break.
func (q *stdinQueue) run() {
	defer q.to.Close()
	for payload := range q.data {
		_, _ = q.to.Write(payload)
		var count [4]byte
		binary.BigEndian.PutUint32(count[:], uint32(len(payload)))
		_ = q.frames.send(frameStdinAck, count[:])
	}
}

// write is false when the client sent more than it may, or something after the end.
func (q *stdinQueue) write(payload []byte) bool {
	if q.ended {
		return false
	}
	select {
	case q.data <- payload:
		return true
	default:
		return false
	}
}

// end closes standard input when what came before is written. It and write are called by one goroutine.
func (q *stdinQueue) end() {
	if !q.ended {
		q.ended = true
		close(q.data)
	}
}
