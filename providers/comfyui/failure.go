package comfyui

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// problem is what the server says about a graph it does not take.
type problem struct {
	Error struct {
		Type string `json:"type"`
	} `json:"error"`
	Nodes map[string]struct {
		Class  string `json:"class_type"`
		Errors []struct {
			Type string `json:"type"`
		} `json:"errors"`
	} `json:"node_errors"`
}

// tag names codes and classes of nodes; messages and details quote inputs.
func (p problem) tag() string {
	words := []string{p.Error.Type}
	for _, id := range slices.Sorted(maps.Keys(p.Nodes)) {
		words = append(words, p.Nodes[id].Class)
		for _, e := range p.Nodes[id].Errors {
			words = append(words, e.Type)
		}
	}
	return tag(words...)
}

// maxWords of a tag.
const maxWords = 8

func tag(words ...string) string {
	words = slices.Compact(slices.DeleteFunc(words, func(s string) bool { return !token(s) }))
	return strings.Join(append([]string{""}, words[:min(len(words), maxWords)]...), ", ")
}

// token reports whether s is a name of code rather than somebody's words.
func token(s string) bool { return wire.Token(s, 64, "-.") }

// refusal of a graph: it names a node, a file or a value that this server does not have.
func refusal(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	if e.Class == providers.BadRequest {
		e.Scope = providers.ScopeModel
	}
	e.Err = fmt.Errorf("%w%s", e.Err, said.tag())
	return e
}

// asked is the failure of a call that costs nothing. A path that is not there means that something else answers, not
// that the work is lost.
func asked(reply *wire.Reply) error {
	e := reply.Refusal(nil)
	e.Billed = providers.BilledNo
	if e.Class == providers.Lost {
		e.Class = providers.Transient
	}
	return e
}

// free is a failure to fetch, without a bill.
func free(err error) error {
	if e, ok := errors.AsType[*providers.Error](err); ok {
		e.Billed = providers.BilledNo
	}
	return err
}

// failure of a graph that was begun, from the messages of its record: pairs of a name and a value. It is the end of the call,
// not a failure to poll.
func (p *Provider) failure(messages []json.RawMessage) error {
	var what struct {
		Node      string `json:"node_type"`
		Exception string `json:"exception_type"`
	}
	for _, text := range messages {
		var pair []json.RawMessage
		var kind string
		if json.Unmarshal(text, &pair) != nil || len(pair) != 2 || json.Unmarshal(pair[0], &kind) != nil {
			continue
		}
		switch kind {
		case "execution_interrupted":
			return p.client.Fail(providers.Canceled, providers.BilledNo, "interrupted")
		case "execution_error":
			_ = json.Unmarshal(pair[1], &what) // fields of another type stay empty
		}
	}
	return p.client.Fail(providers.NoOutput, providers.BilledNo, "the graph failed%s", tag(what.Exception, what.Node))
}
