package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// The data folder belongs to one process. A command that wants something of it talks to that process through a socket
// in the folder, which only the owner of the folder can open.

const socketName = "imagika.sock"

// Painter makes images for an operator. The workers of this process are one, and so is another process behind its
// socket.
type Painter interface {
	Ask(ctx context.Context, account, key, words string) (workers.View, error)
	Look(ctx context.Context, account, id string) (workers.View, error)
	Fetch(ctx context.Context, account, id string, n int) (io.ReadCloser, error)
}

// Painter returns the process's own.
func (a *App) Painter() Painter { return a.core.workers }

// startControl listens at the socket of the data folder.
func (a *App) startControl(ctx context.Context) error {
	if a.options.Config.Role != config.RoleRun {
		return nil
	}
	path := filepath.Join(a.servers.dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // left by a process that was killed; the folder's lock says it is gone
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	mux := control(a.core.workers, routing{a.core.router}, a.core.workers.Desk(), a.core.workers.Desk())
	controlExport(mux, a.core.workers)
	controlPools(mux, a.core.pools)
	controlQueues(mux, queues{a.core.inspector, a.core.redis, a.core.sealer, a.servers.token})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	a.serve(ctx, "control socket", srv, l)
	return nil
}

// control serves a Painter, a Routing, a Moderation and Credits.
func control(p Painter, r Routing, m Moderation, c Credits) *http.ServeMux {
	mux := http.NewServeMux()
	controlRouting(mux, r)
	controlModeration(mux, m)
	controlCredits(mux, c)
	mux.HandleFunc("POST /{account}/generations", func(w http.ResponseWriter, r *http.Request) {
		words, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			refuse(w, &workers.OperatorError{Text: "the prompt is too long"})
			return
		}
		v, err := p.Ask(r.Context(), r.PathValue("account"), r.URL.Query().Get("key"), string(words))
		show(w, v, err)
	})
	mux.HandleFunc("GET /{account}/generations/{id}", func(w http.ResponseWriter, r *http.Request) {
		v, err := p.Look(r.Context(), r.PathValue("account"), r.PathValue("id"))
		show(w, v, err)
	})
	mux.HandleFunc("GET /{account}/generations/{id}/images/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil {
			n = -1
		}
		body, err := p.Fetch(r.Context(), r.PathValue("account"), r.PathValue("id"), n)
		if err != nil {
			refuse(w, err)
			return
		}
		defer body.Close()
		if _, err := io.Copy(w, body); err != nil {
			panic(http.ErrAbortHandler) // the reader must not take half an image for a whole one
		}
	})
	return mux
}

// operator is who asks for it, and why.
func operator(r *http.Request) storage.By {
	q := r.URL.Query()
	return storage.By{Who: q.Get("who"), Why: q.Get("why")}
}

func show(w http.ResponseWriter, v any, err error) {
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the reader may have gone
}

func refuse(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	switch {
	case errors.As(err, new(*workers.OperatorError)):
		code = http.StatusUnprocessableEntity
	case errors.Is(err, storage.ErrNotFound):
		code = http.StatusNotFound
	}
	http.Error(w, err.Error(), code)
}

// Remote is the Painter of the process that owns a data folder.
type Remote struct{ http http.Client }

// Dial returns the Painter of the process that owns dir, or nil if there is none.
func Dial(ctx context.Context, dir string) *Remote {
	path := filepath.Join(dir, socketName)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	conn, err := dial(ctx, "", "")
	if err != nil {
		return nil
	}
	_ = conn.Close()
	return &Remote{http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// Ask implements Painter.
func (r *Remote) Ask(ctx context.Context, account, key, words string) (v workers.View, err error) {
	body, err := r.call(ctx, http.MethodPost, words, "?key="+url.QueryEscape(key), account, "generations")
	return view(body, err)
}

// Look implements Painter.
func (r *Remote) Look(ctx context.Context, account, id string) (v workers.View, err error) {
	body, err := r.call(ctx, http.MethodGet, "", "", account, "generations", id)
	return view(body, err)
}

// Fetch implements Painter.
func (r *Remote) Fetch(ctx context.Context, account, id string, n int) (io.ReadCloser, error) {
	return r.call(ctx, http.MethodGet, "", "", account, "generations", id, "images", strconv.Itoa(n))
}

func view(body io.ReadCloser, err error) (v workers.View, _ error) {
	if err != nil {
		return v, err
	}
	defer body.Close()
	return v, json.NewDecoder(body).Decode(&v)
}

// call makes a request and turns a refusal back into the error it was.
func (r *Remote) call(ctx context.Context, method, send, query string, path ...string) (io.ReadCloser, error) {
	for i, p := range path {
		path[i] = url.PathEscape(p)
	}
	where := "http://imagika/" + strings.Join(path, "/")
	req, err := http.NewRequestWithContext(ctx, method, where+query, strings.NewReader(send))
	if err != nil {
		return nil, err
	}
	res, err := r.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the running process does not answer: %w", err)
	}
	if res.StatusCode == http.StatusOK {
		return res.Body, nil
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(res.Body, 4096))
	switch res.StatusCode {
	case http.StatusUnprocessableEntity:
		return nil, &workers.OperatorError{Text: strings.TrimSpace(string(text))}
	case http.StatusNotFound:
		return nil, storage.ErrNotFound
	}
	return nil, fmt.Errorf("the running process answers: %s", strings.TrimSpace(string(text)))
}
