// SPDX-License-Identifier: Apache-2.0

// Command k3s is a stand-in for K3s: the same command line, files and folders, made of upstream Kubernetes, containerd
// and etcd in one executable. README.md says what differs.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	_ "github.com/containerd/containerd/v2/cmd/containerd/builtins"
	containerd "github.com/containerd/containerd/v2/cmd/containerd/command"
	ctr "github.com/containerd/containerd/v2/cmd/ctr/app"
	"github.com/sirupsen/logrus"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"

	"airgap.dev/k3s-compat/internal/cmdline"
	"airgap.dev/k3s-compat/internal/paths"
	"airgap.dev/k3s-compat/internal/server"
	"airgap.dev/k3s-compat/internal/version"
)

const usage = `k3s (stand-in): Kubernetes with K3s's command line
usage: k3s server [flags] | kubectl ARGS | ctr ARGS | --version`

func main() {
	// Installed under other names too, as K3s is: /usr/local/bin/kubectl -> k3s.
	args := os.Args
	if name := filepath.Base(args[0]); name == "containerd" || name == "ctr" || name == "kubectl" {
		args = append([]string{"k3s", name}, args[1:]...)
	}
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(1)
	}
	if err := run(args[1], args[2:]); err != nil {
		logrus.Error(err)
		os.Exit(1)
	}
}

func run(command string, args []string) error {
	switch command {
	case "server":
		return runServer(args)
	case "containerd":
		return containerd.App().Run(append([]string{"containerd"}, args...))
	case "ctr":
		setDefault("CONTAINERD_ADDRESS", paths.ContainerdSocket)
		setDefault("CONTAINERD_NAMESPACE", "k8s.io")
		return ctr.New().Run(append([]string{"ctr"}, args...))
	case "kubectl":
		setDefault("KUBECONFIG", paths.DefaultKubeconfig)
		os.Args = append([]string{"kubectl"}, args...) // kubectl reads them for its plugins
		return kubectl.NewDefaultKubectlCommand().Execute()
	case "--version", "-v", "version":
		fmt.Println(version.Text())
		return nil
	case "--help", "-h", "help":
		fmt.Println(usage)
		return nil
	case "agent", "crictl", "etcd-snapshot", "secrets-encrypt", "certificate", "token", "check-config", "completion":
		return fmt.Errorf("k3s %s is a command of K3s that this stand-in does not implement", command)
	default:
		return fmt.Errorf("%q is not a command of this stand-in; %s", command, usage)
	}
}

func runServer(args []string) error {
	options, err := cmdline.Parse(args)
	if cmdline.IsHelp(err) {
		fmt.Println(usage)
		return nil
	}
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := server.Run(ctx, options); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func setDefault(name, value string) {
	if os.Getenv(name) == "" {
		os.Setenv(name, value)
	}
}
