// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lateOutput is how long the output of a program that has ended is waited for when a child of it still holds the stream:
// `sh -c 'daemon &'` must not hang its caller.
const lateOutput = 300 * time.Millisecond

// serveExec runs one program for one client. When the client goes away before the program ends, the program's whole
// process group is killed.
func serveExec(client *net.UnixConn) {
	defer client.Close()
	in := bufio.NewReader(client)
	frames := &frameWriter{out: client}
	clientGone, err := runFor(in, frames)
	if err != nil {
		_ = frames.send(frameError, []byte(err.Error()))
	}
	// Not closed before the client has: with input unread, its next write would fail before it reads how it ended.
	_ = client.CloseWrite()
	<-clientGone
}

// runFor runs the program to its end. The channel closes when the client has gone away.
func runFor(in *bufio.Reader, frames *frameWriter) (clientGone <-chan struct{}, err error) {
	gone := make(chan struct{})
	p, err := startRequested(in, frames)
	if err != nil {
		go func() { _, _ = io.Copy(io.Discard, in); close(gone) }()
		return gone, err
	}
	go func() { p.obey(in); close(gone) }()
	drained := p.copyOutputs(frames)
	_ = p.command.Wait() // the state says how it ended
	p.ended.Store(true)
	select {
	case <-drained:
	case <-time.After(lateOutput):
	}
	_ = frames.sendJSON(frameExit, statusOf(p.command))
	return gone, nil
}

func startRequested(in *bufio.Reader, frames *frameWriter) (*program, error) {
	request, err := readRequest(in)
	if err != nil {
		return nil, err
	}
	return startProgram(request, frames)
}

func readRequest(in *bufio.Reader) (execRequest, error) {
	var request execRequest
	line, err := in.ReadBytes('\n')
	if err != nil {
		return request, fmt.Errorf("no request: %w", err)
	}
	if err := json.Unmarshal(line, &request); err != nil {
		return request, fmt.Errorf("not a request: %w", err)
	}
	if len(request.Argv) == 0 || request.Argv[0] == "" {
		return request, errors.New("the command is empty")
	}
	return request, nil
}

func commandOf(request execRequest) (*exec.Cmd, error) {
	file, err := findProgram(request.Argv[0], request.Env["PATH"])
	if err != nil {
		return nil, err
	}
	environment := append([]string{}, nodeEnvironment...)
	for name, value := range request.Env {
		environment = append(environment, name+"="+value) // of two, the last one counts (os/exec)
	}
	folder := request.Cwd
	if folder == "" {
		folder = "/"
	}
	return &exec.Cmd{Path: file, Args: request.Argv, Env: environment, Dir: folder}, nil
}

// findProgram looks in the PATH that the program will have.
func findProgram(name, path string) (string, error) {
	if path == "" || strings.Contains(name, "/") {
		return exec.LookPath(name)
	}
	for _, folder := range filepath.SplitList(path) {
		if file, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return file, nil
		}
	}
	return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
}

func statusOf(command *exec.Cmd) exitStatus {
	state := command.ProcessState
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		name := unix.SignalName(status.Signal())
		return exitStatus{Signal: &name}
	}
	code := state.ExitCode()
	return exitStatus{Code: &code}
}
