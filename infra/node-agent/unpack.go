// SPDX-License-Identifier: Apache-2.0
package main

import (
	"archive/tar"
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// A layer says by the name of an empty file what it takes away from those below it (OCI image-spec 1.1, layer.md).
const (
	whiteout       = ".wh."
	whiteoutOpaque = ".wh..wh..opq"
	whiteoutMeta   = ".wh..wh."
)

// unpacked is what was done with the entries of a layer.
type unpacked struct {
	Entries int `json:"entries"`
	// Skipped are devices and pipes: a node has its own /dev.
	Skipped int `json:"skipped"`
}

// layerUnpacker applies a layer to the file system whose root is that of this process.
type layerUnpacker struct {
	unpacked
	// placed holds what this very layer brought: its own whiteouts do not concern that.
	placed map[string]bool
	// onTheWay holds the folders that lead there.
	onTheWay map[string]bool
	// folders get their times last, since what is put into them changes these.
	folders []*tar.Header
}

// unpackMain applies one layer of an image to a folder: unpack FOLDER, the layer's plain tar on standard input. It prints
// {"entries", "skipped"}. Nothing outside the folder can be written: it is the process's root by then.
func unpackMain(args []string) int {
	if len(args) != 1 {
		fmt.Fprintln(os.Stderr, "usage: airgap-node unpack FOLDER <LAYER.tar")
		return 2
	}
	if err := enterFolder(args[0]); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n", err)
		return 1
	}
	layer := &layerUnpacker{placed: map[string]bool{}, onTheWay: map[string]bool{}}
	if err := layer.unpack(bufio.NewReaderSize(os.Stdin, 1<<20)); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n", err)
		return 1
	}
	if err := json.NewEncoder(os.Stdout).Encode(layer.unpacked); err != nil {
		return 1
	}
	return 0
}

func (layer *layerUnpacker) unpack(from io.Reader) error {
	for archive := tar.NewReader(from); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		given := header.Name
		if err := layer.apply(header, archive); err != nil {
			return fmt.Errorf("entry %q: %w", given, err)
		}
	}
	for i := len(layer.folders) - 1; i >= 0; i-- {
		folder := layer.folders[i]
		if err := setTimes(folder.Name, folder); err != nil {
			return err
		}
	}
	_, err := io.Copy(io.Discard, from) // padding: the writer digests all of it
	return err
}

func (layer *layerUnpacker) apply(header *tar.Header, content io.Reader) error {
	if header.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	name, err := insideName(header.Name)
	if err != nil {
		return err
	}
	header.Name = name
	if base := path.Base(name); strings.HasPrefix(base, whiteout) {
		return layer.takeAway(path.Dir(name), base)
	}
	if name != "/" {
		if err := os.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
	}
	layer.Entries++
	layer.place(name)
	switch header.Typeflag {
	case tar.TypeDir:
		return layer.makeFolder(header)
	case tar.TypeReg, tar.TypeGNUSparse:
		return makeFile(header, content)
	case tar.TypeSymlink:
		return makeSymlink(header)
	case tar.TypeLink:
		return makeLink(header)
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		layer.Skipped++
		return nil
	default:
		return fmt.Errorf("unknown type %q", header.Typeflag)
	}
}

// insideName is the absolute name below the image's root. A name that leads out of it is refused, although the kernel would
// hold it back: no honest tool writes one.
func insideName(name string) (string, error) {
	clean := path.Clean(strings.TrimLeft(name, "/"))
	if clean == ".." || strings.HasPrefix(clean, "../") {
		return "", fmt.Errorf("%q leads out of the image", name)
	}
	return path.Join("/", clean), nil
}

// takeAway removes what lower layers put at a name, or all that they put into a folder.
func (layer *layerUnpacker) takeAway(folder, mark string) error {
	if mark == whiteoutOpaque {
		entries, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for _, entry := range entries {
			if err := layer.removeOld(path.Join(folder, entry.Name())); err != nil {
				return err
			}
		}
		return nil
	}
	if strings.HasPrefix(mark, whiteoutMeta) {
		return nil // bookkeeping of aufs, where these names come from
	}
	hidden := strings.TrimPrefix(mark, whiteout)
	if hidden == "" || hidden == "." || hidden == ".." {
		return errors.New("a whiteout of no file")
	}
	return layer.removeOld(path.Join(folder, hidden))
}

// removeOld removes what lies there unless this layer brought it; of a folder that holds both, the old part.
func (layer *layerUnpacker) removeOld(name string) error {
	if !layer.placed[name] && !layer.onTheWay[name] {
		return os.RemoveAll(name)
	}
	info, err := os.Lstat(name)
	if err != nil || !info.IsDir() {
		return nil
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := layer.removeOld(path.Join(name, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (layer *layerUnpacker) place(name string) {
	layer.placed[name] = true
	for folder := path.Dir(name); folder != "/" && !layer.onTheWay[folder]; folder = path.Dir(folder) {
		layer.onTheWay[folder] = true
	}
}
