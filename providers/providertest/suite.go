package providertest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // what a provider may answer with
	_ "image/png"  // what a provider may answer with
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	_ "golang.org/x/image/webp" // what a provider may answer with

	"github.com/imagika/imagika/providers"
)

// maxHandle is what callers have room for.
const maxHandle = 16 << 10

// patience is how long a call may go on after its context has ended.
const patience = 2 * time.Second

// Run tests a provider against the contract, model by model. The provider that open returns has to do everything it
// says it can, answer within its models' time-outs and never refuse the prompt "a red fox under a full moon".
func Run(t *testing.T, open func(t *testing.T) providers.Provider) {
	t.Helper()
	p := open(t)
	t.Run("names", func(t *testing.T) { testNames(t, p) })
	for _, m := range p.Models() {
		t.Run(m.Name, func(t *testing.T) { runModel(t, open, m) })
	}
}

func runModel(t *testing.T, open func(t *testing.T) providers.Provider, m providers.Model) {
	t.Helper()
	t.Run("capabilities", func(t *testing.T) { testCapabilities(t, open(t), m) })
	t.Run("operations", func(t *testing.T) { testOperations(t, open(t), m) })
	t.Run("sizes", func(t *testing.T) { testSizes(t, open(t), m) })
	t.Run("expansions", func(t *testing.T) { testExpansions(t, open(t), m) })
	t.Run("seeds", func(t *testing.T) { testSeeds(t, open(t), m) })
	t.Run("context", func(t *testing.T) { testContext(t, open(t), m) })
	t.Run("watched", func(t *testing.T) { testWatched(t, open(t), m) })
	t.Run("refusals", func(t *testing.T) { testRefusals(t, open(t), m) })
	t.Run("reconcile", func(t *testing.T) { testReconcile(t, open(t), m) })
	if m.Async {
		t.Run("fetch twice", func(t *testing.T) { testFetchTwice(t, open(t), m) })
		t.Run("cancel", func(t *testing.T) { testCancel(t, open(t), m) })
		t.Run("delete", func(t *testing.T) { testDelete(t, open(t), m) })
		t.Run("foreign handle", func(t *testing.T) { testForeignHandle(t, open(t)) })
	}
	if prober, ok := open(t).(providers.Prober); ok {
		t.Run("probe", func(t *testing.T) {
			if err := prober.Probe(t.Context()); err != nil {
				t.Errorf("probe: %v", err)
			}
		})
	}
}

func testNames(t *testing.T, p providers.Provider) {
	t.Helper()
	if p.Name() == "" || p.Name() != strings.ToLower(p.Name()) || strings.ContainsAny(p.Name(), " /:.") {
		t.Errorf("name %q is not a lower case folder name", p.Name())
	}
	if len(p.Models()) == 0 {
		t.Error("no models")
	}
	seen := make(map[string]bool)
	for _, m := range p.Models() {
		if m.Name == "" || seen[m.Name] {
			t.Errorf("model name %q is empty or taken", m.Name)
		}
		seen[m.Name] = true
	}
}

func testCapabilities(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	_, polls := p.(providers.Poller)
	_, fetches := p.(providers.Fetcher)
	_, cancels := p.(providers.Canceler)
	known := []providers.Operation{providers.Generate, providers.Edit, providers.Vary, providers.Upscale, providers.Expand}
	checks := []struct {
		broken bool
		what   string
	}{
		{len(m.Operations) == 0, "no operations"},
		{m.MaxCount < 1, "no images in a call"},
		{len(m.Sizes) == 0, "no sizes"},
		{m.Timeout <= 0, "no timeout"},
		{m.Typical <= 0 || m.Typical > m.Timeout, "typical is not within the timeout"},
		{m.MaxRefs < 1 && slices.ContainsFunc(m.Operations, needsReference), "needs references and takes none"},
		{m.Mask && !m.Can(providers.Edit), "a mask and no edits"},
		{m.Async && (!polls || !fetches || m.ResultTTL <= 0), "asynchronous without Poller, Fetcher or ResultTTL"},
		{!m.Async && m.ResultTTL != 0, "synchronous with ResultTTL"},
		{m.Async && m.Cancel && !cancels, "cancel without Canceler"},
		{m.Every > 0 && m.Burst < 1, "a rate without a burst"},
	}
	for _, c := range checks {
		if c.broken {
			t.Error(c.what)
		}
	}
	for _, op := range m.Operations {
		if !slices.Contains(known, op) {
			t.Errorf("unknown operation %q", op)
		}
	}
}

func needsReference(op providers.Operation) bool { return op != providers.Generate }

// testOperations does everything the model says it can, once.
func testOperations(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	for _, op := range m.Operations {
		r := Request(m, op)
		cost, images := Make(t, p, r)
		if len(images) != 1 {
			t.Errorf("%s: %d images, want 1", op, len(images))
		}
		if limit := p.Estimate(r); limit < 0 || cost > limit {
			t.Errorf("%s: cost %d is above the estimate %d", op, cost, limit)
		}
	}
}

func testSizes(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	if !m.Can(providers.Generate) {
		t.Skip("makes nothing from words alone")
	}
	for _, size := range m.Sizes[1:] { // the first is what all the other tests ask for
		r := Request(m, providers.Generate)
		r.Size = size
		_, images := Make(t, p, r)
		for _, img := range images {
			if img.Size != size {
				t.Errorf("size %v, want %v", img.Size, size)
			}
		}
	}
}

// testExpansions zooms out and pans. The result has the shape that was asked for, and is not smaller.
func testExpansions(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	if !m.Can(providers.Expand) {
		t.Skip("does not expand")
	}
	for _, margins := range []providers.Margins{{Left: 0.25, Top: 0.25, Right: 0.25, Bottom: 0.25}, {Right: 0.5}, {Top: 1}} {
		r := Request(m, providers.Expand)
		r.Margins = margins
		r.Size = providers.Expanded(pictureSize, margins, providers.Size{})
		_, images := Make(t, p, r)
		for _, img := range images {
			bent := float64(img.Size.Width) * float64(r.Size.Height) / (float64(img.Size.Height) * float64(r.Size.Width))
			if bent < 0.93 || bent > 1.07 || img.Size.Megapixels() < 0.9*r.Size.Megapixels() {
				t.Errorf("%+v: size %v, want at least %v", margins, img.Size, r.Size)
			}
		}
	}
	r := Request(m, providers.Expand)
	for _, margins := range []providers.Margins{{}, {Left: -0.5, Right: 1}, {Top: providers.MaxMargin + 1}} {
		r.Margins = margins
		_, err := p.Submit(t.Context(), r)
		if failed := CheckError(t, err); failed == nil || failed.Class != providers.BadRequest || failed.Billed != providers.BilledNo {
			t.Errorf("%+v: %v, want bad_request, not billed", margins, err)
		}
	}
}

func testSeeds(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	if !m.Can(providers.Generate) {
		t.Skip("makes nothing from words alone")
	}
	r := Request(m, providers.Generate)
	r.Count = m.MaxCount
	_, first := Make(t, p, r)
	if len(first) != m.MaxCount {
		t.Fatalf("%d images, want %d", len(first), m.MaxCount)
	}
	if !m.Seed {
		return
	}
	r.Count = min(2, m.MaxCount)
	_, again := Make(t, p, r)
	for i := range again {
		if first[i] != again[i] {
			t.Errorf("image %d differs between two calls with one seed", i)
		}
		if first[i].Size != m.Sizes[0] {
			t.Errorf("image %d has size %v, want %v", i, first[i].Size, m.Sizes[0])
		}
		if first[i].Seed != r.Seed+int64(i) {
			t.Errorf("image %d has seed %d, want %d", i, first[i].Seed, r.Seed+int64(i))
		}
	}
	if m.MaxCount == 1 {
		return
	}
	r.Seed, r.Count = r.Seed+1, 1
	if _, next := Make(t, p, r); next[0].Hash != first[1].Hash {
		t.Error("the second image of a seed is not the first of the next seed")
	}
}

func testContext(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	sub, err := p.Submit(ctx, Request(m, m.Operations[0]))
	if err == nil && sub.Images != nil {
		_, err = Collect(sub.Images)
	}
	if err == nil {
		t.Error("a dead context made an image")
	}
	if took := time.Since(start); took > patience {
		t.Errorf("it took %v to notice a dead context", took)
	}
}

// testRefusals asks for what cannot be had. Nothing of that may be billed.
func testRefusals(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	tests := []struct {
		desc   string
		change func(*providers.Request)
	}{
		{"unknown model", func(r *providers.Request) { r.Model = "no such model" }},
		{"unknown operation", func(r *providers.Request) { r.Operation = "dream" }},
		{"too many images", func(r *providers.Request) { r.Count = m.MaxCount + 1 }},
		{"too many references", func(r *providers.Request) {
			r.References = slices.Repeat([]providers.Reference{Picture()}, m.MaxRefs+1)
		}},
	}
	for _, tt := range tests {
		r := Request(m, m.Operations[0])
		tt.change(&r)
		_, err := p.Submit(t.Context(), r)
		failed := CheckError(t, err)
		if failed == nil || failed.Class != providers.BadRequest || failed.Billed != providers.BilledNo {
			t.Errorf("%s: %v, want bad_request, not billed", tt.desc, err)
		}
	}
}

func testReconcile(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	reconciler, ok := p.(providers.Reconciler)
	if !ok {
		t.Skip("cannot be asked")
	}
	outcome, sub, err := reconciler.Reconcile(t.Context(), Request(m, m.Operations[0]))
	if err != nil {
		t.Fatalf("reconcile: %v", err)
	}
	if (outcome == providers.Found) != (sub.Handle != nil || sub.Images != nil) {
		t.Errorf("outcome %d with submission %+v", outcome, sub)
	}
}

// Made is what is compared of an image.
type Made struct {
	Size providers.Size
	Seed int64
	Hash [sha256.Size]byte
}

// Make runs a request to its end, polling as the provider says, and returns what it cost (-1 is not known).
func Make(t *testing.T, p providers.Provider, r providers.Request) (cost int64, images []Made) {
	t.Helper()
	sub, err := p.Submit(t.Context(), r)
	if err != nil {
		t.Fatalf("submit %s: %v", r.Operation, err)
	}
	cost = sub.Cost
	open := sub.Images
	if open == nil {
		if progress := Await(t, p, sub); progress.Cost >= 0 {
			cost = progress.Cost
		}
		if open, err = p.(providers.Fetcher).Fetch(t.Context(), sub.Handle); err != nil {
			t.Fatalf("fetch: %v", err)
		}
	}
	images, err = Collect(open)
	if err != nil {
		t.Fatalf("%s: %v", r.Operation, err)
	}
	return cost, images
}

// Collect reads and checks images.
func Collect(images providers.Images) ([]Made, error) {
	var all []Made
	for img, err := range images {
		if err != nil {
			return all, err
		}
		file, err := io.ReadAll(img.Body)
		if err != nil {
			return all, fmt.Errorf("image %d: %w", len(all), err)
		}
		head, format, err := image.DecodeConfig(bytes.NewReader(file))
		if err == nil {
			err = whole(file, format)
		}
		if err != nil {
			return all, fmt.Errorf("image %d: %w", len(all), err)
		}
		if want := "image/" + format; img.MediaType != want {
			return all, fmt.Errorf("image %d is said to be %s and is %s", len(all), img.MediaType, want)
		}
		size := providers.Size{Width: head.Width, Height: head.Height}
		all = append(all, Made{Size: size, Seed: img.Seed, Hash: sha256.Sum256(file)})
	}
	return all, nil
}

// CheckError returns the *Error in err, which has to be complete, or nil for a context's error.
func CheckError(t *testing.T, err error) *providers.Error {
	t.Helper()
	var failed *providers.Error
	switch {
	case errors.As(err, &failed):
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil
	default:
		t.Errorf("error %v is neither *providers.Error nor the context's", err)
		return nil
	}
	if !slices.Contains(providers.Classes(), failed.Class) {
		t.Errorf("class %q is not of the closed set", failed.Class)
	}
	if failed.Provider == "" || failed.Billed == "" {
		t.Errorf("error %+v does not say whose it is or whether it was billed", failed)
	}
	return failed
}
