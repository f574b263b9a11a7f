// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"
)

func TestOverlayPathEscapesWhatSeparatesPathsAndOptions(t *testing.T) {
	if got, want := overlayPath(`/a:b,c\d`), `/a\:b\,c\\d`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestHierarchiesOfEveryLayout(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []hierarchy
		unified    bool
	}{
		{"v1", "2:cpu,cpuacct:/a\n1:name=systemd:/\n", []hierarchy{{"cpu,cpuacct"}, {"name=systemd"}}, false},
		{"hybrid", "4:memory:/a:b\n0::/\n", []hierarchy{{"memory"}}, true},
		{"v2", "0::/user.slice\n", nil, true},
	} {
		got, unified := parseHierarchies(test.text)
		if !reflect.DeepEqual(got, test.want) || unified != test.unified {
			t.Errorf("%s: got %v %v", test.name, got, unified)
		}
	}
}

func TestOwnSettingsAreThoseOfTheNodesNamespaces(t *testing.T) {
	for path, want := range map[string]bool{
		"/proc/sys/kernel/shmmax":         true,
		"/proc/sys/kernel/hostname":       true,
		"/proc/sys/fs/mqueue/msg_max":     true,
		"/proc/sys/kernel/panic":          false,
		"/proc/sys/vm/max_map_count":      false,
		"/proc/sys/kernel/sched_schedule": false,
	} {
		if got := isOwnSetting(path); got != want {
			t.Errorf("%s: got %v", path, got)
		}
	}
}

func TestFramesAreReadAsTheyAreSent(t *testing.T) {
	var buffer bytes.Buffer
	frames := &frameWriter{out: &buffer}
	if err := frames.send(frameStdout, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	kind, payload, err := readFrame(&buffer)
	if err != nil || kind != frameStdout || string(payload) != "hello" {
		t.Errorf("got %d %q %v", kind, payload, err)
	}
}

func TestAFrameThatIsTooLargeIsRefusedBeforeItIsAllocated(t *testing.T) {
	header := make([]byte, 5)
	binary.BigEndian.PutUint32(header[1:], maxFrame+1)
	if _, _, err := readFrame(bytes.NewReader(header)); err == nil {
		t.Error("no error")
	}
}
