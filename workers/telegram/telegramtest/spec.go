package telegramtest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed spec.txt
var specText string

// spec is spec.txt, read: which methods and types there are and what they take.
type spec struct {
	methods map[string]*object // by lower-case name
	types   map[string]*object
	unions  map[string][]string // to the names of types
}

// object is a method or a type. Constant is what the type's "type" field must be.
type object struct {
	name     string
	constant string
	fields   map[string]field
}

// field is a parameter or a field of a type: "Integer", "[]BotCommand" and so on.
type field struct {
	required bool
	types    []string
}

// theSpec parses spec.txt once for all servers; nobody writes to the result.
var theSpec = sync.OnceValue(func() *spec { return parseSpec(specText) })

func parseSpec(text string) *spec {
	sp := &spec{methods: map[string]*object{}, types: map[string]*object{}, unions: map[string][]string{}}
	var current *object
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case line[0] == ' ':
			name, required := strings.CutSuffix(words[0], "!")
			current.fields[name] = field{required: required, types: strings.Split(words[1], "|")}
		case words[0] == "union":
			sp.unions[words[1]] = strings.Split(words[2], "|")
		default:
			current = &object{name: words[1], fields: map[string]field{}}
			if len(words) > 2 {
				current.constant = words[2]
			}
			if words[0] == "method" {
				sp.methods[strings.ToLower(words[1])] = current
			} else {
				sp.types[words[1]] = current
			}
		}
	}
	return sp
}

// legacyParams are accepted by Telegram although the documentation has dropped them.
// Nothing else is forgiven.
var legacyParams = []string{"reply_to_message_id", "allow_sending_without_reply", "disable_web_page_preview"}

// check says what Telegram would let pass in the parameters of a call. A missing
// required parameter is not said: Telegram refuses it itself.
func (sp *spec) check(c *call) (wrong []string) {
	for _, name := range slices.Sorted(maps.Keys(c.values)) {
		f, known := c.def.fields[name]
		switch {
		case known:
			wrong = append(wrong, sp.checkParam(name, f, c.values[name])...)
		case slices.Contains(legacyParams, name) && strings.HasPrefix(c.method, "send"):
		case c.values[name] == "" && c.files[name] != nil:
		default:
			wrong = append(wrong, fmt.Sprintf("unknown parameter %q", name))
		}
	}
	return wrong
}

// checkParam checks a parameter, which arrives as text whatever its type.
func (sp *spec) checkParam(name string, f field, v string) []string {
	if v == "" || v == "null" {
		return nil
	}
	if slices.Contains(f.types, "String") || slices.Contains(f.types, "InputFile") {
		if slices.Contains(f.types, "Integer") && !strings.HasPrefix(v, "@") && !isInt(v) {
			return []string{name + " is neither a number nor an @username"}
		}
		return nil
	}
	var value any
	d := json.NewDecoder(strings.NewReader(v))
	d.UseNumber()
	if d.Decode(&value) != nil || d.More() {
		return []string{fmt.Sprintf("%s is not of type %s", name, strings.Join(f.types, " or "))}
	}
	return sp.checkAny(name, f.types, value)
}

// checkAny checks a JSON value against alternatives; the complaint is that of the
// alternative with the fewest.
func (sp *spec) checkAny(path string, types []string, v any) []string {
	if list, ok := v.([]any); ok && len(types) > 1 {
		return sp.checkMixed(path, types, list)
	}
	var best []string
	for i, t := range types {
		wrong := sp.checkType(path, t, v)
		if len(wrong) == 0 {
			return nil
		}
		if i == 0 || len(wrong) < len(best) {
			best = wrong
		}
	}
	return best
}

// checkMixed checks an array whose elements may be of several types: each on its own.
func (sp *spec) checkMixed(path string, types []string, list []any) (wrong []string) {
	var elems []string
	for _, t := range types {
		if elem, ok := strings.CutPrefix(t, "[]"); ok {
			elems = append(elems, elem)
		}
	}
	if len(elems) == 0 {
		return []string{path + " is an array"}
	}
	for i, item := range list {
		wrong = append(wrong, sp.checkAny(fmt.Sprintf("%s[%d]", path, i), elems, item)...)
	}
	return wrong
}

func (sp *spec) checkType(path, t string, v any) []string {
	if elem, ok := strings.CutPrefix(t, "[]"); ok {
		list, ok := v.([]any)
		if !ok {
			return []string{path + " is not an array"}
		}
		var wrong []string
		for i, item := range list {
			wrong = append(wrong, sp.checkType(fmt.Sprintf("%s[%d]", path, i), elem, item)...)
		}
		return wrong
	}
	if options := sp.unions[t]; options != nil {
		return sp.checkAny(path, options, v)
	}
	if def := sp.types[t]; def != nil {
		return sp.checkObject(path, def, v)
	}
	if !scalar(t, v) {
		return []string{path + " is not of type " + t}
	}
	return nil
}

func (sp *spec) checkObject(path string, def *object, v any) []string {
	m, ok := v.(map[string]any)
	if !ok {
		return []string{path + " is not an object"}
	}
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		f, known := def.fields[name]
		switch {
		case !known:
			wrong = append(wrong, fmt.Sprintf("%s has an unknown field %q", path, name))
		case name == "type" && def.constant != "" && m[name] != def.constant:
			wrong = append(wrong, fmt.Sprintf("%s is no %s", path, def.name), path, path) // hardly the one meant
		default:
			wrong = append(wrong, sp.checkAny(path+"."+name, f.types, m[name])...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(def.fields)) {
		if _, there := m[name]; !there && def.fields[name].required {
			wrong = append(wrong, fmt.Sprintf("%s lacks %q", path, name))
		}
	}
	return wrong
}

func scalar(t string, v any) bool {
	switch t {
	case "Integer":
		n, ok := v.(json.Number)
		return ok && isInt(n.String())
	case "Float":
		_, ok := v.(json.Number)
		return ok
	case "Boolean", "True":
		_, ok := v.(bool)
		return ok
	default:
		_, ok := v.(string)
		return ok
	}
}

func isInt(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}
