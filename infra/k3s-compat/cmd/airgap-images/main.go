// SPDX-License-Identifier: Apache-2.0

// Command airgap-images packs programs into images and those into one archive, as K3s's releases bring one:
//
//	airgap-images OUT.tar.zst REFERENCE=PROGRAM ...
//
// Each image holds its program as /NAME and runs it. Equal programs give equal bytes.
package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// entry is one image of manifest.json.
type entry struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("usage: airgap-images OUT.tar.zst REFERENCE=PROGRAM ...")
	}
	if err := write(os.Args[1], os.Args[2:]); err != nil {
		log.Fatalf("airgap-images: %v", err)
	}
}

func write(file string, pairs []string) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	compressor, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		return err
	}
	archive := tar.NewWriter(compressor)
	var manifest []entry
	for _, pair := range pairs {
		reference, program, ok := strings.Cut(pair, "=")
		if !ok {
			return fmt.Errorf("%q: want REFERENCE=PROGRAM", pair)
		}
		image, err := add(archive, reference, program)
		if err != nil {
			return fmt.Errorf("%s: %w", reference, err)
		}
		manifest = append(manifest, image)
	}
	content, err := json.Marshal(manifest)
	if err != nil {
		return err
	}
	if err := member(archive, "manifest.json", 0o644, content); err != nil {
		return err
	}
	for _, closer := range []io.Closer{archive, compressor, out} {
		if err := closer.Close(); err != nil {
			return err
		}
	}
	return nil
}

// add writes the layer and the configuration of one image.
func add(archive *tar.Writer, reference, program string) (entry, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return entry{}, err
	}
	name := filepath.Base(program)
	var layer bytes.Buffer
	inner := tar.NewWriter(&layer)
	if err := member(inner, name, 0o755, content); err != nil {
		return entry{}, err
	}
	if err := inner.Close(); err != nil {
		return entry{}, err
	}
	diffID := digest(layer.Bytes())
	config, err := json.Marshal(map[string]any{
		"architecture": "amd64",
		"os":           "linux",
		"config":       map[string]any{"Entrypoint": []string{"/" + name}},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + diffID}},
		"history":      []map[string]any{{"created_by": "airgap-images " + name}},
	})
	if err != nil {
		return entry{}, err
	}
	image := entry{Config: digest(config) + ".json", RepoTags: []string{reference}, Layers: []string{diffID + "/layer.tar"}}
	if err := member(archive, image.Layers[0], 0o644, layer.Bytes()); err != nil {
		return entry{}, err
	}
	return image, member(archive, image.Config, 0o644, config)
}

func member(archive *tar.Writer, name string, mode int64, content []byte) error {
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(content)), Format: tar.FormatUSTAR}); err != nil {
		return err
	}
	_, err := archive.Write(content)
	return err
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
