// SPDX-License-Identifier: Apache-2.0
package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	runFolder = "/run/airgap"
	agentPath = runFolder + "/airgap-node"
	agentLog  = runFolder + "/agent.log"
)

// nodeEnvironment is all that a program in the node gets: nothing of the host's, no proxy variables.
var nodeEnvironment = []string{
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root",
	"TERM=xterm-256color",
	"LANG=C.UTF-8",
}

// initMain is PID 1 of a node. It opens the two sockets while the host's folders are still in sight, makes the node's
// own root, starts the supervisor with the sockets, says "ready" on standard output and stays as reaper of orphans.
func initMain(args []string) int {
	flags := flag.NewFlagSet("airgap-node init", flag.ContinueOnError)
	configPath := flags.String("config", "", "JSON file that describes the node")
	ownCgroups := flags.Bool("own-cgroup-namespace", false, "enter a new cgroup namespace first")
	if flags.Parse(args) != nil {
		return 2
	}
	if os.Getpid() != 1 {
		// Its mounts would be those of the machine.
		fmt.Fprintln(os.Stderr, "airgap-node init: not PID 1 of a PID namespace; it is started by a launcher only")
		return 2
	}
	if *ownCgroups {
		fmt.Fprintf(os.Stderr, "airgap-node init: new cgroup namespace: %v\n", inOwnCgroups("init", "-config", *configPath))
		return 1
	}
	if err := closeInherited(); err != nil {
		fmt.Fprintf(os.Stderr, "airgap-node init: %v\n", err)
		return 1
	}
	supervisor, err := startNode(*configPath)
	if err != nil {
		fmt.Fprintf(os.Stderr, "airgap-node init: %v\n", err)
		return 1
	}
	requests := endRequests()
	fmt.Println("ready")
	if err := closeHostStreams(); err != nil {
		return 1
	}
	go endOnRequest(requests)
	return reap(supervisor)
}

// inOwnCgroups starts this program again, with these arguments, in a cgroup namespace of its own: a thread can enter one, and a
// program that it starts in its place takes it over whole. Returns only when that fails.
func inOwnCgroups(args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWCGROUP); err != nil {
		return err
	}
	return unix.Exec(self, append([]string{self}, args...), os.Environ())
}

func startNode(configPath string) (supervisor int, err error) {
	config, err := readConfig(configPath)
	if err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	unix.Umask(0o177)
	sockets, err := listenAll(config.SocketDir, "exec.sock", "api.sock")
	if err != nil {
		return 0, err
	}
	unix.Umask(0o022)
	if err := makeRoot(config, self); err != nil {
		return 0, err
	}
	if err := unix.Sethostname([]byte(config.Hostname)); err != nil {
		return 0, fmt.Errorf("set host name %q: %w", config.Hostname, err)
	}
	raiseFileLimit()
	return startSupervisor(sockets, config.APIPort)
}

// listenAll makes unix sockets of mode 0600. Bound by relative names, so that the node's /proc/net/unix shows no path of
// the host.
func listenAll(folder string, names ...string) ([]*os.File, error) {
	if err := os.Chdir(folder); err != nil {
		return nil, err
	}
	var files []*os.File
	for _, name := range names {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", filepath.Join(folder, name), err)
		}
		listener.SetUnlinkOnClose(false)
		file, err := listener.File()
		if err != nil {
			return nil, err
		}
		if err := listener.Close(); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// raiseFileLimit gives programs in the node as many files as this process may have. Best effort: the node works without.
func raiseFileLimit() {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	}
}

// startSupervisor starts `serve` with the sockets as descriptors 3 and 4. Not through exec.Cmd: the reaper collects it.
func startSupervisor(sockets []*os.File, apiPort int) (int, error) {
	log, err := os.OpenFile(agentLog, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 0, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	process, err := os.StartProcess(agentPath, []string{agentPath, "serve", "-api-port", strconv.Itoa(apiPort)},
		&os.ProcAttr{Dir: "/", Env: nodeEnvironment, Files: append([]*os.File{null, log, log}, sockets...)})
	if err != nil {
		return 0, fmt.Errorf("start the supervisor: %w", err)
	}
	for _, file := range append(sockets, log, null) {
		if err := file.Close(); err != nil {
			return 0, err
		}
	}
	pid := process.Pid
	return pid, process.Release()
}

// closeInherited closes every descriptor but the three streams that came through exec, of whichever ancestor: a socket
// keeps its old network, a folder its old root. They are those without the close-on-exec flag; the Go runtime's have it.
func closeInherited() error {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || fd < 3 {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			_ = unix.Close(fd)
		}
	}
	return nil
}

// closeHostStreams lets go of the pipes to the harness, the last descriptors that lead out of the node.
func closeHostStreams() error {
	null, err := unix.Open(os.DevNull, unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	for fd := range 3 {
		if err := unix.Dup3(null, fd, 0); err != nil {
			return err
		}
	}
	return unix.Close(null)
}

// reap collects orphans until the supervisor ends, and with it the node.
func reap(supervisor int) int {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case pid == supervisor && !ending.Load():
			return status.ExitStatus()
		case errors.Is(err, unix.ECHILD):
			select {} // nobody is left: endOnRequest is about to end the node
		case err != nil && !errors.Is(err, unix.EINTR):
			return 1
		}
	}
}
