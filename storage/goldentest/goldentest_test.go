package goldentest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLacking(t *testing.T) {
	t.Parallel()
	was := tree(t, []byte(`{"a":1,"b":{"c":[{"d":1}]},"e":[1]}`))
	for text, want := range map[string][]string{
		`{"a":1,"b":{"c":[{"d":1}]},"e":[1]}`:         nil,
		`{"a":2,"b":{"c":[{"d":3,"x":1}]},"e":[1,2]}`: nil,
		`{"b":{"c":[{}]},"e":[]}`:                     {".a", ".b.c.d", ".e"},
		`{"a":1,"e":[1]}`:                             {".b"},
		`{"a":1,"b":[],"e":{}}`:                       {".b.c", ".e"},
	} {
		if diff := cmp.Diff(want, lacking("", was, tree(t, []byte(text)))); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestMergeKeepsWhatWas(t *testing.T) {
	t.Parallel()
	got := merge(tree(t, []byte(`{"a":1,"b":{"c":2},"d":[{"e":1}]}`)), tree(t, []byte(`{"a":9,"b":{"c":9,"f":9},"d":[{"e":9,"g":9}],"h":9}`)))
	want := tree(t, []byte(`{"a":1,"b":{"c":2,"f":9},"d":[{"e":1,"g":9}],"h":9}`))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
