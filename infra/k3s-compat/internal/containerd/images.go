// SPDX-License-Identifier: Apache-2.0

package containerd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	client "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/distribution/reference"
	"github.com/sirupsen/logrus"
	"google.golang.org/grpc"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// pinned are the labels that keep the kubelet's garbage collection away from an imported image: CRI's and K3s's own.
var pinned = map[string]string{"io.cri-containerd.pinned": "pinned", "io.cattle.k3s.pinned": "pinned"}

// Store fills containerd's image store.
type Store struct {
	Client *client.Client
	// ExtraRegistries are names under which each imported image is stored as well (--airgap-extra-registry).
	ExtraRegistries []string
}

// ImportFolder imports every archive of dir and pulls what its .txt lists name. A file that fails is logged and skipped:
// K3s starts all the same, so a caller must never take "it started" for "the images are there".
func (s *Store) ImportFolder(ctx context.Context, dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			logrus.Errorf("Unable to read images in %s: %v", dir, err)
		}
		return
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			s.ImportFile(ctx, filepath.Join(dir, entry.Name()))
		}
	}
}

// ImportFile imports one archive or pulls one list, and logs how it went.
func (s *Store) ImportFile(ctx context.Context, path string) {
	start := time.Now()
	if err := s.importFile(ctx, path); err != nil {
		logrus.Errorf("Error encountered while importing %s: %v", path, err)
		return
	}
	logrus.Infof("Imported images from %s in %s", path, time.Since(start).Round(time.Millisecond))
}

func (s *Store) importFile(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if isList(path) {
		return s.pull(ctx, file)
	}
	stream, err := openArchive(file)
	if err != nil {
		return err
	}
	if closer, ok := stream.(io.Closer); ok && stream != io.Reader(file) {
		defer closer.Close()
	}
	logrus.Infof("Importing images from %s", path)
	// The lease keeps containerd's own garbage collection from content that no image names yet.
	ctx, release, err := s.Client.WithLease(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = release(ctx) }()
	imported, err := s.Client.Import(ctx, stream, client.WithAllPlatforms(true), client.WithSkipMissing())
	if err != nil {
		return err
	}
	if len(imported) == 0 {
		return errors.New("no image found in archive")
	}
	var failed []error
	for _, image := range imported {
		failed = append(failed, s.keep(ctx, image))
	}
	return errors.Join(failed...)
}

// Has says whether an image of this name is in the store.
func (s *Store) Has(ctx context.Context, name string) bool {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return false
	}
	_, err = s.Client.ImageService().Get(ctx, reference.TagNameOnly(named).String())
	return err == nil
}

// keep unpacks nothing (CRI does when it runs the image); it pins the image and stores it under further names.
func (s *Store) keep(ctx context.Context, image images.Image) error {
	if image.Labels == nil {
		image.Labels = map[string]string{}
	}
	fields := make([]string, 0, len(pinned))
	for key, value := range pinned {
		image.Labels[key] = value
		fields = append(fields, "labels."+key)
	}
	service := s.Client.ImageService()
	if _, err := service.Update(ctx, image, fields...); err != nil {
		return fmt.Errorf("pin %s: %w", image.Name, err)
	}
	logrus.Infof("Imported %s", image.Name)
	for _, registry := range s.ExtraRegistries {
		name, err := reference.ParseNormalizedNamed(image.Name)
		if err != nil {
			return fmt.Errorf("tag %s for %s: %w", image.Name, registry, err)
		}
		again := image
		again.Name = registry + "/" + reference.Path(name)
		if tagged, ok := name.(reference.Tagged); ok {
			again.Name += ":" + tagged.Tag()
		}
		_ = service.Delete(ctx, again.Name)
		if _, err := service.Create(ctx, again); err != nil {
			return fmt.Errorf("tag %s: %w", again.Name, err)
		}
		logrus.Infof("Tagged %s", again.Name)
	}
	return nil
}

// pull fetches the images that list names, one a line, unless they are there: K3s does, also behind an air gap.
func (s *Store) pull(ctx context.Context, list io.Reader) error {
	connection, ok := s.Client.Conn().(grpc.ClientConnInterface)
	if !ok {
		return errors.New("containerd's client has no gRPC connection")
	}
	service := runtimeapi.NewImageServiceClient(connection)
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		name := strings.TrimSpace(lines.Text())
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		spec := &runtimeapi.ImageSpec{Image: name}
		status, err := service.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: spec})
		if err == nil && status.Image != nil {
			continue
		}
		logrus.Infof("Pulling image %s", name)
		if _, err := service.PullImage(ctx, &runtimeapi.PullImageRequest{Image: spec}); err != nil {
			logrus.Errorf("Failed to pull %s: %v", name, err)
		}
	}
	return lines.Err()
}
