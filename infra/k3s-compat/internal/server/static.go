// SPDX-License-Identifier: Apache-2.0

package server

import (
	"io/fs"
	"net/http"
	"os"
	"strings"
)

// staticFiles serves the data folder's server/static below /static/, to anybody and without a list of what is there, as K3s does; everything
// else is for the API server.
func staticFiles(folder string, api http.Handler) http.Handler {
	files := http.StripPrefix("/static/", http.FileServerFS(onlyFiles{os.DirFS(folder)}))
	// no ServeMux: it would redirect the paths of the API that it does not find clean
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/static/") {
			files.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// onlyFiles is a file system without its folders.
type onlyFiles struct{ fs.FS }

func (o onlyFiles) Open(name string) (fs.File, error) {
	file, err := o.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || info.IsDir() {
		file.Close()
		return nil, fs.ErrNotExist
	}
	return file, nil
}
