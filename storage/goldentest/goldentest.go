// Package goldentest holds what the program writes for its next release against files of what the releases so far have
// written: a field that is renamed, or changes its type, would make a row or a task unreadable that is still there.
package goldentest

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"
)

// Form checks that the JSON of testdata/golden/<name>.json is read into v, a pointer to a zero value, field for field, and
// that no field of v is missing there. With update, missing fields and files are added; what is there is never changed.
func Form(t *testing.T, update bool, name string, v any) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".json")
	text, err := os.ReadFile(file)
	if err != nil && (!update || !os.IsNotExist(err)) {
		t.Errorf("%v: run with -update once the form is what it is to be", err)
		return
	}
	full := reflect.New(reflect.TypeOf(v).Elem())
	fill(full.Elem(), 0)
	now := tree(t, encode(t, full.Interface()))
	if update {
		was := now
		if len(text) > 0 {
			was = merge(tree(t, text), now)
		}
		if text, err = json.MarshalIndent(was, "", "  "); err != nil {
			t.Fatal(err)
		}
		text = append(text, '\n')
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, field := range lacking("", now, tree(t, text)) {
		t.Errorf("%s: field %s is new: run with -update once it is what it is to be", name, field)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Errorf("%s: what earlier releases wrote is not read: %v", name, err)
		return
	}
	for _, field := range lacking("", tree(t, text), tree(t, encode(t, v))) {
		t.Errorf("%s: field %s, which earlier releases wrote, is lost", name, field)
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func tree(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// lacking lists the fields of a that b does not have.
func lacking(at string, a, b any) (fields []string) {
	switch a := a.(type) {
	case map[string]any:
		there, _ := b.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(a)) {
			if v, ok := there[k]; ok {
				fields = append(fields, lacking(at+"."+k, a[k], v)...)
			} else {
				fields = append(fields, at+"."+k)
			}
		}
	case []any:
		there, _ := b.([]any)
		if len(there) < len(a) {
			return []string{at}
		}
		for i := range a {
			fields = append(fields, lacking(at, a[i], there[i])...)
		}
	}
	return fields
}

// merge is a with what only b has.
func merge(a, b any) any {
	switch a := a.(type) {
	case map[string]any:
		more, ok := b.(map[string]any)
		for k, v := range more {
			if was, there := a[k]; ok && there {
				v = merge(was, v)
			}
			a[k] = v
		}
	case []any:
		if more, ok := b.([]any); ok && len(more) > 0 && len(a) > 0 {
			a[0] = merge(a[0], more[0])
		}
	}
	return a
}

// fill sets everything there is to set.
func fill(v reflect.Value, depth int) {
	if depth > 8 {
		return
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				fill(field, depth+1)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), depth+1)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, depth+1)
		fill(value, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	default:
		fillPlain(v)
	}
}

func fillPlain(v reflect.Value) {
	switch {
	case v.Kind() == reflect.String:
		v.SetString("words")
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(7)
	case v.CanUint():
		v.SetUint(7)
	case v.CanFloat():
		v.SetFloat(0.5)
	}
}
