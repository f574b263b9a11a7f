// SPDX-License-Identifier: Apache-2.0

// Package logging sets where K3s's own lines, the Kubernetes components' and containerd's go.
package logging

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"
	"k8s.io/klog/v2"
)

// Options are the flags --log, --alsologtostderr, --v and --debug.
type Options struct {
	File         string
	AlsoToStderr bool
	Verbosity    int
	Debug        bool
}

// Setup applies o to this process. With a log file, the standard output and error are moved there by descriptor, because
// components linked into this process and its child containerd write to them without asking.
func Setup(o Options) error {
	logrus.SetFormatter(&logrus.TextFormatter{DisableColors: true, FullTimestamp: true})
	if o.Debug {
		logrus.SetLevel(logrus.DebugLevel)
	}
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	if err := flags.Set("v", strconv.Itoa(o.Verbosity)); err != nil {
		return fmt.Errorf("set log verbosity %d: %w", o.Verbosity, err)
	}
	if o.File == "" {
		return nil
	}
	file, err := os.OpenFile(o.File, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	target := file
	if o.AlsoToStderr {
		if target, err = tee(file); err != nil {
			return err
		}
	}
	for _, fd := range []int{unix.Stdout, unix.Stderr} {
		if err := unix.Dup3(int(target.Fd()), fd, 0); err != nil {
			return fmt.Errorf("send descriptor %d to %s: %w", fd, o.File, err)
		}
	}
	return nil
}

// tee gives the writing end of a pipe whose lines go to the present standard error and to file.
func tee(file *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(unix.Stderr), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("keep standard error: %w", err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make log pipe: %w", err)
	}
	go func() { _, _ = io.Copy(io.MultiWriter(os.NewFile(uintptr(fd), "stderr"), file), reader) }()
	return writer, nil
}
