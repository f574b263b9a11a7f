// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// The protocol of exec.sock: the client sends one line of JSON (execRequest), then both sides send frames:
// type (1 byte), length of the payload (4 bytes, big endian), payload. harness/providers/agent-frames.ts is the other side.
const (
	frameStdin    = 0
	frameStdinEOF = 1
	frameSignal   = 2 // payload: number, 1 byte
	frameResize   = 3 // payload: columns, rows, 2 bytes each
	frameStdout   = 16
	frameStderr   = 17
	frameExit     = 18 // payload: exitStatus as JSON
	frameError    = 19 // payload: why the program could not be started
	frameStdinAck = 20 // payload: bytes of standard input that were taken, 4 bytes; the client then sends the next frame
)

// maxFrame bounds what one frame makes us allocate.
const maxFrame = 1 << 20

// execRequest says what to run. A tty has one stream: everything comes as stdout.
type execRequest struct {
	Argv []string          `json:"argv"`
	Env  map[string]string `json:"env"`
	Cwd  string            `json:"cwd"`
	TTY  *struct {
		Columns uint16 `json:"columns"`
		Rows    uint16 `json:"rows"`
	} `json:"tty"`
	// False: standard input is empty.
	Stdin bool `json:"stdin"`
}

// exitStatus has exactly one of the two.
type exitStatus struct {
	Code   *int    `json:"code"`
	Signal *string `json:"signal"`
}

func readFrame(r io.Reader) (kind byte, payload []byte, err error) {
	var header [5]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	length := binary.BigEndian.Uint32(header[1:])
	if length > maxFrame {
		return 0, nil, fmt.Errorf("frame of %d bytes, at most %d are allowed", length, maxFrame)
	}
	payload = make([]byte, length)
	_, err = io.ReadFull(r, payload)
	return header[0], payload, err
}

// frameWriter sends whole frames from several goroutines.
type frameWriter struct {
	mutex sync.Mutex
	out   io.Writer
}

func (w *frameWriter) send(kind byte, payload []byte) error {
	header := [5]byte{kind}
	binary.BigEndian.PutUint32(header[1:], uint32(len(payload)))
	w.mutex.Lock()
	defer w.mutex.Unlock()
	_, err := w.out.Write(append(header[:], payload...))
	return err
}

func (w *frameWriter) sendJSON(kind byte, value any) error {
	payload, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return w.send(kind, payload)
}

// stream is an io.Writer that sends what it is given as frames of one kind.
type stream struct {
	frames *frameWriter
	kind   byte
}

func (s stream) Write(data []byte) (int, error) {
	if err := s.frames.send(s.kind, data); err != nil {
		return 0, err
	}
	return len(data), nil
}
