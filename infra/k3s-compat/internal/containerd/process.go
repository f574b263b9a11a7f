// SPDX-License-Identifier: Apache-2.0

package containerd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	client "github.com/containerd/containerd/v2/client"
	"github.com/sirupsen/logrus"

	"airgap.dev/k3s-compat/internal/paths"
)

// Process is a running containerd. It is a child of k3s, and a program of its own in the process list, as with K3s.
type Process struct {
	command *exec.Cmd
	done    chan error
}

// Start runs containerd; its shims, and so the containers, outlive it.
func Start(data paths.Data, debug bool) (*Process, error) {
	args := []string{
		"-c", data.ContainerdConfig(), "--address", paths.ContainerdSocket,
		"--state", paths.ContainerdState, "--root", data.Agent("containerd"),
	}
	if level := os.Getenv("CONTAINERD_LOG_LEVEL"); level != "" {
		args = append(args, "-l", level)
	} else if debug {
		args = append(args, "-l", "debug")
	}
	command := exec.Command(data.Current()+"/bin/containerd", args...)
	command.Args[0] = "containerd"
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "NOTIFY_SOCKET=") { // systemd must hear k3s, not containerd
			command.Env = append(command.Env, variable)
		}
	}
	// A k3s that was killed must not leave a containerd that holds the socket and the database.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	logrus.Infof("Running containerd %s", strings.Join(args, " "))
	process := &Process{command: command, done: make(chan error, 1)}
	started := make(chan error, 1)
	go func() {
		// Pdeathsig is sent when the starting THREAD ends, so this goroutine keeps its thread for as long as containerd runs.
		runtime.LockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			process.done <- command.Wait()
		}
	}()
	return process, <-started
}

// Done gives the error with which containerd ended, nil for a clean end.
func (p *Process) Done() <-chan error { return p.done }

// Terminate asks containerd to end.
func (p *Process) Terminate() { _ = p.command.Process.Signal(syscall.SIGTERM) }

// Connect waits until containerd answers and gives a client for it.
func Connect(ctx context.Context) (*client.Client, error) {
	for {
		if connection, err := client.New(paths.ContainerdSocket, client.WithDefaultNamespace("k8s.io"), client.WithTimeout(time.Second)); err == nil {
			if serving, err := connection.IsServing(ctx); err == nil && serving {
				return connection, nil
			}
			connection.Close()
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for containerd: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
