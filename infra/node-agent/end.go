// SPDX-License-Identifier: Apache-2.0
package main

import (
	"os"
	"os/signal"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// endLimit is how long programs have to end after SIGTERM before the node does.
const endLimit = 2 * time.Second

// endOnRequest ends the node in order when PID 1 gets SIGTERM: every process is told (kill -1 leaves out the caller; the
// supervisor does not listen, so that clients see how their programs ended), then the node ends, and with it all.
func endOnRequest(supervisor int) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM)
	<-signals
	_ = unix.Kill(-1, unix.SIGTERM)
	for deadline := time.Now().Add(endLimit); time.Now().Before(deadline) && othersRun(supervisor); {
		time.Sleep(10 * time.Millisecond)
	}
	os.Exit(0)
}

// othersRun is true while /proc shows a process besides PID 1 and the supervisor.
func othersRun(supervisor int) bool {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err == nil && pid != 1 && pid != supervisor {
			return true
		}
	}
	return false
}
