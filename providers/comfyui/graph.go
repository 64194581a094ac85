package comfyui

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// node of a graph, as the API takes it.
type node struct {
	Class  string         `json:"class_type"`
	Inputs map[string]any `json:"inputs"`
}

// workflow is a graph with placeholders.
type workflow struct {
	nodes  map[string]node
	uses   map[string]bool // names of placeholders
	images int             // references it takes
	seeded map[string]bool // nodes whose result depends on the seed
}

// values are what placeholders stand for.
type values map[string]any

var placeholder = regexp.MustCompile(`\{\{([a-z0-9_]+)\}\}`)

// maxImages is how many references a graph can ask for: {{image}}, {{image2}} and so on.
const maxImages = 8

// known reports whether a placeholder means something.
func known(name string) bool {
	switch name {
	case "prompt", "negative", "seed", "width", "height", "count", "image", "strength", "mask", "scale", "shrink":
		return true
	}
	n := imageNumber(name)
	return operators(name) || n > 1 && n <= maxImages
}

// operators reports whether a placeholder is the operator's to set for a route.
func operators(name string) bool {
	switch name {
	case "checkpoint", "upscaler", "steps", "cfg", "sampler", "scheduler":
		return true
	}
	return false
}

// persons reports whether a placeholder holds what a person asked for.
func persons(name string) bool { return known(name) && !operators(name) && name != "strength" }

// imageNumber is 1 for "image" and n for "imagen"; zero is no image.
func imageNumber(name string) int {
	digits, ok := strings.CutPrefix(name, "image")
	if !ok {
		return 0
	}
	if digits == "" {
		return 1
	}
	n, err := strconv.Atoi(digits)
	if err != nil || digits != strconv.Itoa(n) {
		return 0
	}
	return n
}

// parseWorkflow reads a graph in the format that ComfyUI exports for its API.
func parseWorkflow(text string) (*workflow, error) {
	w := &workflow{uses: map[string]bool{}, seeded: map[string]bool{}}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // seeds are larger than what a float holds
	if err := d.Decode(&w.nodes); err != nil {
		return nil, errors.New("is no graph in API format: export it with \"Export (API)\"")
	}
	for _, id := range slices.Sorted(maps.Keys(w.nodes)) {
		if err := w.check(id); err != nil {
			return nil, fmt.Errorf("node %s: %w", id, err)
		}
	}
	if !w.uses["prompt"] && !w.uses["image"] {
		return nil, errors.New("has neither {{prompt}} nor {{image}}")
	}
	for name := range w.uses {
		w.images = max(w.images, imageNumber(name))
	}
	w.spread()
	return w, nil
}

func (w *workflow) check(id string) error {
	n := w.nodes[id]
	if n.Class == "" || n.Inputs == nil {
		return errors.New("has no class_type or no inputs")
	}
	for _, name := range slices.Sorted(maps.Keys(n.Inputs)) {
		in := n.Inputs[name]
		if to, ok := link(in); ok {
			if _, there := w.nodes[to]; !there {
				return fmt.Errorf("input %s comes from node %s, which is not there", name, to)
			}
			continue
		}
		for _, used := range placeholders(in) {
			if !known(used) {
				return fmt.Errorf("input %s: {{%s}} means nothing", name, used)
			}
			w.uses[used] = true
			if used == "seed" {
				w.seeded[id] = true
			}
		}
	}
	return nil
}

// link is the node an input comes from, if it comes from one.
func link(in any) (from string, ok bool) {
	pair, ok := in.([]any)
	if !ok || len(pair) != 2 {
		return "", false
	}
	from, named := pair[0].(string)
	_, numbered := pair[1].(json.Number)
	return from, named && numbered
}

// placeholders inside a value, however deep.
func placeholders(in any) (names []string) {
	switch in := in.(type) {
	case string:
		for _, m := range placeholder.FindAllStringSubmatch(in, -1) {
			names = append(names, m[1])
		}
	case []any:
		for _, one := range in {
			names = append(names, placeholders(one)...)
		}
	case map[string]any:
		for _, one := range in {
			names = append(names, placeholders(one)...)
		}
	}
	return names
}

// spread finds every node that depends on a seed through others.
func (w *workflow) spread() {
	for again := true; again; {
		again = false
		for id, n := range w.nodes {
			if w.seeded[id] {
				continue
			}
			for _, in := range n.Inputs {
				if from, ok := link(in); ok && w.seeded[from] {
					w.seeded[id], again = true, true
				}
			}
		}
	}
}

// most is how many images one call can be asked for.
func (w *workflow) most() int {
	if w.uses["count"] || w.uses["seed"] {
		return maxCount
	}
	return 1
}

// repeatable reports whether the i-th image of a seed is the first of the i-th seed after it. A batch is not: all its
// noise comes from one seed.
func (w *workflow) repeatable() bool { return w.uses["seed"] && !w.uses["count"] }

// expand is the graph for a call. Without {{count}} in it, what depends on the seed is there once for every image, with
// seeds that count up, and all copies share the rest.
func (w *workflow) expand(v values, seed int64, count int) map[string]node {
	out := make(map[string]node, len(w.nodes))
	if w.uses["count"] {
		count = 1
	}
	for i := range count {
		one := maps.Clone(v)
		one["seed"] = seed + int64(i)
		for id, n := range w.nodes {
			if i > 0 && !w.seeded[id] {
				continue
			}
			inputs := make(map[string]any, len(n.Inputs))
			for name, in := range n.Inputs {
				inputs[name] = w.input(in, one, i)
			}
			out[copied(id, i)] = node{Class: n.Class, Inputs: inputs}
		}
	}
	return out
}

func (w *workflow) input(in any, v values, copy int) any {
	if from, ok := link(in); ok && w.seeded[from] {
		return []any{copied(from, copy), in.([]any)[1]}
	}
	return v.fill(in)
}

// copied is the id of a node's i-th copy.
func copied(id string, i int) string {
	if i == 0 {
		return id
	}
	return id + "-" + strconv.Itoa(i)
}

// fill replaces placeholders. What replaces them is not looked at again: it may be a person's words.
func (v values) fill(in any) any {
	switch in := in.(type) {
	case string:
		if m := placeholder.FindStringSubmatch(in); m != nil && m[0] == in {
			return v.value(m[1])
		}
		return placeholder.ReplaceAllStringFunc(in, func(s string) string { return fmt.Sprint(v.value(strings.Trim(s, "{}"))) })
	case []any:
		out := make([]any, len(in))
		for i, one := range in {
			out[i] = v.fill(one)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(in))
		for name, one := range in {
			out[name] = v.fill(one)
		}
		return out
	}
	return in
}

// value of a placeholder. A graph that takes more references than there are gets the last one again.
func (v values) value(name string) any {
	for n := imageNumber(name); n > 1; n-- {
		if image, ok := v["image"+strconv.Itoa(n)]; ok {
			return image
		}
	}
	if imageNumber(name) > 0 {
		name = "image"
	}
	return v[name]
}

// with is the workflow with inputs that the operator set for a route: {"5.cfg": 3}. It reports false for what is not
// there, is a link or holds what a person asked for.
func (w *workflow) with(inputs map[string]any) (*workflow, bool) {
	changed := *w
	changed.nodes = maps.Clone(w.nodes)
	for where, v := range inputs {
		id, name, _ := strings.Cut(where, ".")
		n, ok := changed.nodes[id]
		in, there := n.Inputs[name]
		_, linked := link(in)
		if !ok || !there || linked || slices.ContainsFunc(placeholders(in), persons) {
			return nil, false
		}
		n.Inputs = maps.Clone(n.Inputs)
		n.Inputs[name] = v
		changed.nodes[id] = n
	}
	return &changed, true
}

// before orders nodes as people number them, and the copies after one another.
func before(a, b string) int {
	one, i := original(a)
	two, j := original(b)
	if i != j {
		return i - j
	}
	n, badN := strconv.Atoi(one)
	m, badM := strconv.Atoi(two)
	if badN == nil && badM == nil {
		return n - m
	}
	return bytes.Compare([]byte(one), []byte(two))
}

// original undoes copied.
func original(id string) (string, int) {
	cut := strings.LastIndexByte(id, '-')
	if cut < 0 {
		return id, 0
	}
	i, err := strconv.Atoi(id[cut+1:])
	if err != nil || i < 1 || copied(id[:cut], i) != id {
		return id, 0
	}
	return id[:cut], i
}
