// SPDX-License-Identifier: Apache-2.0
package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const paxAttribute = "SCHILY.xattr."

func (layer *layerUnpacker) makeFolder(header *tar.Header) error {
	info, err := os.Lstat(header.Name)
	if err != nil || !info.IsDir() {
		if err := makeRoom(header.Name); err != nil {
			return err
		}
		if err := os.Mkdir(header.Name, 0o700); err != nil {
			return err
		}
	}
	layer.folders = append(layer.folders, header)
	return setProperties(header)
}

func makeFile(header *tar.Header, content io.Reader) error {
	if err := makeRoom(header.Name); err != nil {
		return err
	}
	file, err := os.OpenFile(header.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, content); err != nil {
		_ = file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := setProperties(header); err != nil {
		return err
	}
	return setTimes(header.Name, header)
}

// makeSymlink keeps the target as it is: it means something only when the image is the root.
func makeSymlink(header *tar.Header) error {
	if err := makeRoom(header.Name); err != nil {
		return err
	}
	if err := os.Symlink(header.Linkname, header.Name); err != nil {
		return err
	}
	if err := os.Lchown(header.Name, header.Uid, header.Gid); err != nil {
		return err
	}
	return setTimes(header.Name, header)
}

func makeLink(header *tar.Header) error {
	target, err := insideName(header.Linkname)
	if err != nil {
		return err
	}
	if target == header.Name {
		return errors.New("a hard link to itself")
	}
	if err := makeRoom(header.Name); err != nil {
		return err
	}
	return os.Link(target, header.Name)
}

// makeRoom removes what an earlier entry put there.
func makeRoom(name string) error {
	if name == "/" {
		return errors.New("the root of an image is a folder")
	}
	return os.RemoveAll(name)
}

// setProperties in an order in which none undoes another: a change of owner clears capabilities and set-user-id bits.
func setProperties(header *tar.Header) error {
	if err := os.Lchown(header.Name, header.Uid, header.Gid); err != nil {
		return err
	}
	for key, value := range header.PAXRecords {
		attribute, ok := strings.CutPrefix(key, paxAttribute)
		if !ok || !isKept(attribute) {
			continue
		}
		if err := unix.Lsetxattr(header.Name, attribute, []byte(value), 0); err != nil {
			return fmt.Errorf("attribute %s: %w", attribute, err)
		}
	}
	return unix.Chmod(header.Name, uint32(header.Mode&0o7777))
}

// isKept leaves out what belongs to another machine (labels of its security module) and what would steer the overlay file
// system whose lower layer this becomes.
func isKept(attribute string) bool {
	return attribute == "security.capability" ||
		strings.HasPrefix(attribute, "user.") && !strings.HasPrefix(attribute, "user.overlay.")
}

func setTimes(name string, header *tar.Header) error {
	at := unix.NsecToTimespec(clampTime(header.ModTime).UnixNano())
	err := unix.UtimesNanoAt(unix.AT_FDCWD, name, []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW)
	if errors.Is(err, os.ErrNotExist) {
		return nil // a folder that a later entry replaced
	}
	return err
}

// clampTime keeps a time in what every file system can hold.
func clampTime(t time.Time) time.Time {
	first, last := time.Unix(0, 0), time.Unix(1<<31-1, 0)
	switch {
	case t.Before(first):
		return first
	case t.After(last):
		return last
	default:
		return t
	}
}
