// SPDX-License-Identifier: Apache-2.0

package containerd

import (
	"compress/bzip2"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// errUnhandled is the answer to a file whose name ends in none of K3s's endings.
var errUnhandled = errors.New("unhandled file type")

// maxWindow bounds what a zstd frame may make this process allocate.
const maxWindow = 1 << 31

// endings are the names of archives that K3s imports, each with its decompressor.
var endings = []struct {
	suffix string
	open   func(io.Reader) (io.Reader, error)
}{
	{".tar", func(r io.Reader) (io.Reader, error) { return r, nil }},
	{".tar.lz4", func(r io.Reader) (io.Reader, error) { return lz4.NewReader(r), nil }},
	{".tar.bz2", unbzip},
	{".tbz", unbzip},
	{".tar.gz", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{".tgz", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{".tar.zst", unzstd},
	{".tzst", unzstd},
}

func unbzip(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }

func unzstd(r io.Reader) (io.Reader, error) {
	decoder, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return decoder.IOReadCloser(), nil
}

// openArchive gives the tar stream inside file; close it by closing the file.
func openArchive(file *os.File) (io.Reader, error) {
	name := strings.ToLower(file.Name())
	for _, ending := range endings {
		if strings.HasSuffix(name, ending.suffix) {
			return ending.open(file)
		}
	}
	return nil, errUnhandled
}

func isList(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".txt") }
