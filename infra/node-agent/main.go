// SPDX-License-Identifier: Apache-2.0

// The runtime would keep the cgroup files of the machine open in a node to follow its CPU limit.
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Command airgap-node is the harness's helper inside a node: it makes the node's own root and is its PID 1 (init),
// runs programs there for the harness (serve), makes known attempts (canary), reads the container runtime's records
// (containers), asks questions, keeps files and makes load from a pod (probe, file, pause, load), and before a node exists unpacks the image
// it is made of (unpack) and looks whether that will do (root). In a virtual machine it also joins management to a serial
// port (port), and tells the clocks (clock) and the tasks that run (tasks).
package main

import (
	"fmt"
	"os"
)

var commands = map[string]func(args []string) int{
	"init":       initMain,
	"guard":      guardMain,
	"serve":      serveMain,
	"tasks":      tasksMain,
	"canary":     canaryMain,
	"clock":      clockMain,
	"containers": containersMain,
	"file":       fileMain,
	"load":       loadMain,
	"pause":      pauseMain,
	"port":       portMain,
	"probe":      probeMain,
	"root":       rootMain,
	"unpack":     unpackMain,
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: airgap-node init|guard|serve|canary|clock|containers|file|port|probe|pause|load|root|tasks|unpack [OPTION]...")
		os.Exit(2)
	}
	os.Exit(commands[os.Args[1]](os.Args[2:]))
}
