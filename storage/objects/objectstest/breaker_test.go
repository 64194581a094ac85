package objectstest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/objects/objectstest"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	s, b := objectstest.NewBreakable(t)
	put := func() error {
		return s.Put(t.Context(), "u/1/g/a-0.png", strings.NewReader("content"), 7, "image/png")
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	b.Break()
	if err := put(); !errors.Is(err, objects.ErrUnavailable) {
		t.Errorf("cut off: %v, want ErrUnavailable", err)
	}
	b.Mend()
	if err := put(); err != nil {
		t.Errorf("mended: %v", err)
	}
}

// Every test has a bucket of its own on the one server.
func TestBucketsAreApart(t *testing.T) {
	t.Parallel()
	one, two := objectstest.New(t), objectstest.New(t)
	if err := one.Put(t.Context(), "k", strings.NewReader("content"), 7, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Stat(t.Context(), "k"); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("the other bucket: %v, want ErrNotFound", err)
	}
}
