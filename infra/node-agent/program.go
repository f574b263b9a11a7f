// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// program is a running command and our ends of its streams.
type program struct {
	command *exec.Cmd
	tty     *os.File    // nil: pipes
	stdin   *stdinQueue // nil: standard input is empty
	outputs []output
	ended   atomic.Bool
}

type output struct {
	from *os.File
	kind byte
}

func startProgram(request execRequest, frames *frameWriter) (*program, error) {
	command, err := commandOf(request)
	if err != nil {
		return nil, err
	}
	if request.TTY != nil {
		return startOnTTY(command, pty.Winsize{Cols: request.TTY.Columns, Rows: request.TTY.Rows}, frames)
	}
	return startOnPipes(command, request.Stdin, frames)
}

func startOnTTY(command *exec.Cmd, size pty.Winsize, frames *frameWriter) (*program, error) {
	tty, err := pty.StartWithSize(command, &size) // in a session of its own
	if err != nil {
		return nil, err
	}
	return &program{
		command: command, tty: tty, stdin: newStdinQueue(frames, tty), outputs: []output{{tty, frameStdout}},
	}, nil
}

// startOnPipes makes its own pipes: with those of exec.Cmd, Wait hangs on, or cuts off, what children still write.
func startOnPipes(command *exec.Cmd, withStdin bool, frames *frameWriter) (*program, error) {
	command.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	var ours, theirs [3]*os.File
	defer closeAll(theirs[:])
	for i := range 3 {
		if i == 0 && !withStdin {
			continue
		}
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(ours[:])
			return nil, err
		}
		ours[i], theirs[i] = r, w
		if i == 0 {
			ours[i], theirs[i] = w, r
		}
	}
	p := &program{command: command, outputs: []output{{ours[1], frameStdout}, {ours[2], frameStderr}}}
	command.Stdout, command.Stderr = theirs[1], theirs[2]
	if withStdin {
		command.Stdin = theirs[0]
	}
	if err := command.Start(); err != nil {
		closeAll(ours[:])
		return nil, err
	}
	if withStdin {
		p.stdin = newStdinQueue(frames, ours[0])
	}
	return p, nil
}

func closeAll(files []*os.File) {
	for _, file := range files {
		_ = file.Close() // of nil: an error, no harm
	}
}

// obey does what the client asks until it goes away or breaks the protocol; then the process group is killed.
func (p *program) obey(in io.Reader) {
	for {
		kind, payload, err := readFrame(in)
		if err != nil || !p.obeyFrame(kind, payload) {
			break
		}
	}
	p.signal(unix.SIGKILL)
	if p.stdin != nil {
		p.stdin.end()
	}
}

func (p *program) obeyFrame(kind byte, payload []byte) bool {
	switch {
	case kind == frameStdin && p.stdin != nil:
		return p.stdin.write(payload)
	case kind == frameStdinEOF && p.tty == nil && p.stdin != nil:
		p.stdin.end()
	case kind == frameSignal && len(payload) == 1:
		p.signal(unix.Signal(payload[0]))
	case kind == frameResize && len(payload) == 4 && p.tty != nil:
		_ = pty.Setsize(p.tty, &pty.Winsize{
			Cols: binary.BigEndian.Uint16(payload), Rows: binary.BigEndian.Uint16(payload[2:])})
	}
	return true
}

// signal reaches the program's process group, and never after it was collected: its number may be another's by then.
func (p *program) signal(signal unix.Signal) {
	if !p.ended.Load() {
		_ = unix.Kill(-p.command.Process.Pid, signal)
	}
}

// copyOutputs sends what the program writes; the channel closes when all of it was read to the end. What comes after the
// client is gone is read and thrown away, so that a daemon the program left behind does not die of a broken pipe.
func (p *program) copyOutputs(frames *frameWriter) <-chan struct{} {
	var group sync.WaitGroup
	for _, o := range p.outputs {
		group.Go(func() {
			if p.tty == nil {
				defer o.from.Close()
			}
			_, _ = io.Copy(stream{frames, o.kind}, o.from)
			_, _ = io.Copy(io.Discard, o.from)
		})
	}
	drained := make(chan struct{})
	go func() { group.Wait(); close(drained) }()
	return drained
}
