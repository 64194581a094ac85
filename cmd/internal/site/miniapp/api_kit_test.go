package miniapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/objects/objectstest"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/shop"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Enqueue implements workers.Enqueuer. What waits for later is left out.
func (d *door) Enqueue(_ context.Context, t queue.Task) error {
	if t.Type != queue.TypeRightServe && t.Type != queue.TypeGenerationProgress {
		d.todo <- t
	}
	return nil
}

// work does what there is to do.
func (d *door) work() {
	d.Helper()
	for {
		select {
		case t := <-d.todo:
			d.handle(t)
		default:
			return
		}
	}
}

func (d *door) handle(t queue.Task) {
	d.Helper()
	if err := d.app.Workers.Handlers()[t.Type](d.Context(), t.Payload); err != nil {
		d.Errorf("%s: %v", t.Type, err)
	}
}

// worked does what there is to do until there is an answer.
func (d *door) worked(got <-chan answer) answer {
	d.Helper()
	for {
		select {
		case a := <-got:
			return a
		case t := <-d.todo:
			d.handle(t)
		}
	}
}

// workers are those of a door: they paint with a fake, for three credits a picture.
func (d *door) workers(catalog *texts.Catalog, into *objects.Store) *workers.Workers {
	d.Helper()
	packs, err1 := shop.Parse([]byte("packs:\n  - {id: small, stars: 10, credits: 10, title: {en: Small}}\n  - {id: monthly, stars: 50, credits: 60, title: {en: Monthly}, subscription: true}\n"))
	client, err2 := telegram.New(telegram.Config{URL: d.tg.URL(), Token: d.tg.Token()})
	d.fake = providertest.NewFake("fake", providertest.FakeModel("fake"))
	router, err3 := providers.NewRouter(providers.Config{Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: []providers.Provider{d.fake}})
	if err := errors.Join(err1, err2, err3); err != nil {
		d.Fatal(err)
	}
	w, err := workers.New(workers.Config{
		Settings: workers.Settings{Price: 3}, Store: d.store, Objects: into, Keys: d.people, Queue: d, Sealer: d.codes, Limits: providers.NewLocalLimits(),
		Router: router, Telegram: client, BotName: "imagika_bot", Texts: catalog, Shop: shop.NewShelf(packs),
	})
	if err != nil {
		d.Fatal(err)
	}
	return w
}

// newStudio is a door with a place for pictures.
func newStudio(t *testing.T) *door {
	t.Helper()
	d := newDoor(t)
	d.app.Workers = d.workers(d.app.Texts, objectstest.New(t))
	return d
}

// guest is somebody who agreed to everything, with some credits and a session.
type guest struct {
	visitor
	d     *door
	token string
}

func (d *door) guest(name string, credits int64) *guest {
	d.Helper()
	g := &guest{visitor: d.visitor(name, "en"), d: d}
	for _, c := range []storage.Consent{
		{User: g.ID, Version: "2026-11-22", Outcome: storage.AgeAdult, Document: []string{storage.DocumentAge}},
		{User: g.ID, Version: policy.Version, Document: []string{storage.DocumentPolicy}},
	} {
		if _, _, err := d.store.Agree(d.Context(), storage.Effect{}, c); err != nil {
			d.Fatal(err)
		}
	}
	if credits > 0 {
		if _, err := d.store.Give(d.Context(), storage.Given{User: g.ID, Key: "test:" + name, Source: storage.SourcePromo, Credits: credits}); err != nil {
			d.Fatal(err)
		}
	}
	g.token = d.session(g.visitor)
	return g
}

// call makes a call; an odd body is left out, and a key is made of what is to have one.
func (g *guest) call(method, path string, body any, key ...string) answer {
	g.d.Helper()
	q := request{method: method, path: base + path, token: g.token, header: map[string]string{}}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			g.d.Fatal(err)
		}
		q.body = string(b)
	}
	if len(key) > 0 {
		q.header["Idempotency-Key"] = key[0]
	}
	return g.d.do(q)
}

// as reads an answer that has to have that status.
func as[T any](d *door, a answer, status int) (v T) {
	d.Helper()
	if a.StatusCode != status {
		d.Fatalf("%d, want %d: %s", a.StatusCode, status, a.text)
	}
	if err := json.Unmarshal([]byte(a.text), &v); err != nil {
		d.Fatalf("%s: %v", a.text, err)
	}
	return v
}

// wished is a generation of a prompt.
func (g *guest) wished(prompt, key string) workers.Card {
	g.d.Helper()
	return as[workers.Card](g.d, g.call("POST", "/generations", map[string]any{"prompt": prompt}, key), 202)
}

// picture fetches what a link leads to.
func (d *door) picture(url string) (f workers.File, body []byte, err error) {
	d.Helper()
	if f, err = d.app.Workers.OpenFile(d.Context(), url[strings.LastIndex(url, "/")+1:]); err != nil {
		return f, nil, err
	}
	defer f.Body.Close()
	body, err = io.ReadAll(f.Body)
	return f, body, err
}

// described is what of the document the tests need.
type described struct {
	Paths map[string]map[string]struct {
		Parameters []struct{ Name, In string }
		Security   *[]any
		Responses  map[string]struct {
			Content map[string]struct{ Schema map[string]any }
		}
	}
}

// spec reads the document once, with a compiler for its schemas.
var spec = sync.OnceValues(func() (d described, compile func(ref string) (*jsonschema.Schema, error)) {
	all, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err = errors.Join(err, json.Unmarshal(document, &d)); err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", all); err != nil {
		panic(err)
	}
	var mu sync.Mutex
	return d, func(ref string) (*jsonschema.Schema, error) {
		mu.Lock()
		defer mu.Unlock()
		return c.Compile("openapi.json" + ref)
	}
})

// patternOf is the path of the document that a call is of, or "".
func patternOf(d described, method, path string) string {
	path, _, _ = strings.Cut(strings.TrimPrefix(path, base), "?")
	parts := strings.Split(path, "/")
	for pattern, methods := range d.Paths {
		want := strings.Split(pattern, "/")
		same := slices.EqualFunc(want, parts, func(a, b string) bool { return a == b || a == "{id}" })
		if _, ok := methods[strings.ToLower(method)]; same && ok {
			return pattern
		}
	}
	return ""
}

// documented fails for an answer that is not as the document says.
func (d *door) documented(q request, a answer) {
	d.Helper()
	doc, compile := spec()
	pattern := patternOf(doc, q.method, q.path)
	if pattern == "" || a.Header.Get("Content-Type") == "text/event-stream; charset=utf-8" {
		return
	}
	responses := doc.Paths[pattern][strings.ToLower(q.method)].Responses
	one, ok := responses[strconv.Itoa(a.StatusCode)]
	ref := "#/components/schemas/Error"
	switch {
	case ok && one.Content == nil:
		if a.text != "" {
			d.Errorf("%s %s: %d says %s", q.method, q.path, a.StatusCode, a.text)
		}
		return
	case ok:
		ref, _ = one.Content["application/json"].Schema["$ref"].(string)
	case a.StatusCode < 400:
		d.Errorf("%s %s: %d is not in the document", q.method, q.path, a.StatusCode)
		return
	}
	if ref == "" {
		return
	}
	schema, err := compile(ref)
	if err != nil {
		d.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(a.text))
	if err == nil {
		err = schema.Validate(v)
	}
	if err != nil {
		d.Errorf("%s %s: %d is not %s: %v\n%s", q.method, q.path, a.StatusCode, ref, err, a.text)
	}
}

// Every route is in the document and the other way round, with who may call it and whether it needs a key.
func TestDocument(t *testing.T) {
	t.Parallel()
	d := newPost(t)
	doc, compile := spec()
	got, want := map[string]string{}, map[string]string{}
	about := func(open, keyed bool) string { return strconv.FormatBool(open) + " " + strconv.FormatBool(keyed) }
	for _, r := range d.app.routes() {
		got[strings.ToLower(r.method)+" "+r.pattern] = about(r.open, r.keyed)
	}
	for pattern, methods := range doc.Paths {
		for method, op := range methods {
			keyed := false
			for _, p := range op.Parameters {
				keyed = keyed || p.Name == "Idempotency-Key"
			}
			want[method+" "+pattern] = about(op.Security != nil, keyed)
		}
	}
	delete(want, "post /session/oidc") // only where they are configured
	delete(want, "get /session/oidc")
	if !maps.Equal(got, want) {
		t.Errorf("routes %v\nand the document %v", got, want)
	}
	var schemas struct {
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(document, &schemas); err != nil {
		t.Fatal(err)
	}
	for name := range schemas.Components.Schemas {
		if _, err := compile("#/components/schemas/" + name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if a := d.do(request{method: http.MethodGet, path: base + "/openapi.json"}); a.text != string(document) {
		t.Error("the document is not served")
	}
}
