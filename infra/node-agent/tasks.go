// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// runningTask is what /proc tells of a task of this kernel. A thread of the kernel has no program: its name stands for it.
type runningTask struct {
	TID    int      `json:"tid"`
	PID    int      `json:"pid"`
	Exe    string   `json:"exe"`
	Argv   []string `json:"argv"`
	Cgroup string   `json:"cgroup"`
}

// tasksMain prints a JSON line for each task that runs now, for a trace that begins when much runs already.
func tasksMain([]string) int {
	threads, err := filepath.Glob("/proc/[0-9]*/task/[0-9]*")
	if err != nil {
		return 1
	}
	output := json.NewEncoder(os.Stdout)
	for _, folder := range threads {
		if task, ok := readTask(folder); ok && output.Encode(task) != nil {
			return 1
		}
	}
	return 0
}

// readTask is false for a task that has gone meanwhile.
func readTask(folder string) (runningTask, bool) {
	tid, err := strconv.Atoi(filepath.Base(folder))
	if err != nil {
		return runningTask{}, false
	}
	pid, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(folder))))
	if err != nil {
		return runningTask{}, false
	}
	name, err := os.ReadFile(filepath.Join(folder, "comm"))
	if err != nil {
		return runningTask{}, false
	}
	task := runningTask{TID: tid, PID: pid, Exe: strings.TrimSpace(string(name)), Argv: []string{}}
	if exe, err := os.Readlink(filepath.Join(folder, "exe")); err == nil {
		task.Exe = exe
	}
	if line, err := os.ReadFile(filepath.Join(folder, "cmdline")); err == nil && len(line) > 0 {
		task.Argv = strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
	}
	if cgroup, err := os.ReadFile(filepath.Join(folder, "cgroup")); err == nil {
		task.Cgroup = string(cgroup)
	}
	return task, true
}
