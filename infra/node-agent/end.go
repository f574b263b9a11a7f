// SPDX-License-Identifier: Apache-2.0
package main

import (
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// endLimit is how long programs have to end after SIGTERM before the node does.
const endLimit = 2 * time.Second

// ending is true from the moment the node was asked to end: the supervisor's end is then no accident.
var ending atomic.Bool

// endOnRequest ends the node in order when PID 1 gets SIGTERM: every process is told (kill -1 leaves out the caller), and
// when the last one has ended, or at the limit, so does the node.
func endOnRequest(requests <-chan os.Signal) {
	<-requests
	ending.Store(true)
	_ = unix.Kill(-1, unix.SIGTERM)
	for deadline := time.Now().Add(endLimit); time.Now().Before(deadline) && othersRun(); {
		time.Sleep(10 * time.Millisecond)
	}
	os.Exit(0)
}

// endRequests is asked for before the node says that it is up: PID 1 loses a signal it has no handler for.
func endRequests() <-chan os.Signal {
	requests := make(chan os.Signal, 1)
	signal.Notify(requests, unix.SIGTERM)
	return requests
}

// othersRun is true while /proc shows a process besides PID 1.
func othersRun() bool {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && pid != 1 {
			return true
		}
	}
	return false
}
