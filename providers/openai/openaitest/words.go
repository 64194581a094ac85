package openaitest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// talk is what a conversation is about.
type talk struct {
	model           string
	words, pictures int
}

// chat answers chat completions.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	s.take(w, r, func(c Call) (func(Fault), *refusal) {
		var about talk
		why := s.checkChat(&about, c)
		return func(f Fault) { s.reply(w, about, f) }, why
	})
}

// checkChat finds a conversation in order.
func (s *Server) checkChat(about *talk, c Call) *refusal {
	rules := map[string]rule{
		"model": text(200, func(_ *job, name string) { about.model = name }), "max_tokens": whole(1, 100_000, nil), "user": text(64, nil),
		"messages": func(_ *job, v value) *refusal { return checkMessages(about, v.v) },
	}
	if s.dialect == OpenAI {
		delete(rules, "max_tokens") // models that think refuse it
		rules["max_completion_tokens"], rules["safety_identifier"] = whole(1, 100_000, nil), text(64, nil)
		rules["store"] = func(_ *job, v value) *refusal {
			if _, ok := v.v.(bool); !ok {
				return bad(v.name, "store is no boolean")
			}
			return nil
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		rule, ok := rules[name]
		if !ok {
			return &refusal{status: http.StatusBadRequest, code: "unsupported_parameter", param: name, message: "Unsupported parameter: '" + name + "'."}
		}
		if why := rule(&job{}, value{name: name, v: c.Fields[name]}); why != nil {
			return why
		}
	}
	switch {
	case about.words == 0:
		return &refusal{status: http.StatusBadRequest, code: "missing_required_parameter", param: "messages", message: "Missing required parameter: 'messages'."}
	case s.dialect == OpenAI && !strings.HasPrefix(about.model, "gpt-"), strings.Contains(about.model, "missing"):
		return &refusal{status: http.StatusNotFound, code: "model_not_found", param: "model", message: "The model '" + about.model + "' does not exist or you do not have access to it."}
	}
	return nil
}

func checkMessages(about *talk, v any) *refusal {
	list, _ := v.([]any)
	for i, one := range list {
		m, _ := one.(map[string]any)
		role, _ := m["role"].(string)
		if len(m) != 2 || !slices.Contains([]string{"system", "developer", "user", "assistant"}, role) {
			return bad("messages", "Invalid value for 'messages[%d]'", i)
		}
		if words, ok := m["content"].(string); ok && words != "" {
			about.words += len(strings.Fields(words))
			continue
		}
		parts, _ := m["content"].([]any)
		if len(parts) == 0 || role != "user" {
			return bad("messages", "Invalid type for 'messages[%d].content'", i)
		}
		for _, part := range parts {
			if why := checkPart(about, part); why != nil {
				return why
			}
		}
	}
	return nil
}

// checkPart looks at a text or a picture.
func checkPart(about *talk, v any) *refusal {
	part, _ := v.(map[string]any)
	switch words, _ := part["text"].(string); {
	case part["type"] == "text" && words != "" && len(part) == 2:
		about.words += len(strings.Fields(words))
		return nil
	case part["type"] == "image_url" && len(part) == 2:
		if at, _ := part["image_url"].(map[string]any); dataURL(at["url"]) {
			about.pictures++
			return nil
		}
		return &refusal{status: http.StatusBadRequest, code: "invalid_image_url", param: "messages", message: "Invalid image data."}
	}
	return bad("messages", "Invalid content part")
}

// reply answers a conversation: what was said is told by numbers.
func (s *Server) reply(w http.ResponseWriter, about talk, f Fault) {
	in, out := about.words*4/3+about.pictures*85, 12
	v := map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion", "created": 1_780_000_000, "model": about.model,
		"choices": []any{map[string]any{
			"index": 0, "finish_reason": "stop", "logprobs": nil,
			"message": map[string]any{
				"role": "assistant", "refusal": nil, "annotations": []any{},
				"content": fmt.Sprintf("a fox after %d words and %d pictures", about.words, about.pictures),
			},
		}},
		"usage": map[string]any{"prompt_tokens": in, "completion_tokens": out, "total_tokens": in + out},
	}
	if s.dialect == Gateway {
		w.Header().Set("X-Litellm-Response-Cost", "0.00012")
	}
	s.sendJSON(w, v, f)
}

func (s *Server) sendJSON(w http.ResponseWriter, v any, f Fault) {
	text, err := json.Marshal(v)
	if err != nil {
		s.tb.Errorf("encode: %v", err)
	}
	s.send(w, text, f)
}

// categories the service knows, each with a word it finds it by.
func categories() map[string]string {
	return map[string]string{
		"harassment": "insult", "harassment/threatening": "threat", "hate": "slur", "hate/threatening": "pogrom", "illicit": "heist",
		"illicit/violent": "bomb", "self-harm": "wrists", "self-harm/intent": "overdose", "self-harm/instructions": "noose",
		"sexual": "nude", "sexual/minors": "underage", "violence": "blood", "violence/graphic": "gore",
	}
}

// moderations judges words and one picture, at no cost: a word of the table means its category, and a picture nothing.
func (s *Server) moderations(w http.ResponseWriter, r *http.Request) {
	s.take(w, r, func(c Call) (func(Fault), *refusal) {
		words, why := s.checkModeration(c)
		return func(f Fault) { s.judge(w, words, f) }, why
	})
}

func (s *Server) checkModeration(c Call) (string, *refusal) {
	input, _ := c.Fields["input"].([]any)
	var about talk
	var said strings.Builder
	for _, part := range input {
		if why := checkPart(&about, part); why != nil {
			return "", why
		}
		one, _ := part.(map[string]any)["text"].(string)
		said.WriteString(one)
	}
	switch {
	case s.dialect != OpenAI:
		return "", &refusal{status: http.StatusNotFound, code: "not_found", message: "Not Found"}
	case len(c.Fields) != 2 || c.Fields["model"] != "omni-moderation-latest" || len(input) == 0:
		return "", bad("input", "a model and an input are needed")
	case about.pictures > 1:
		return "", bad("input", "Number of images in input exceeds the limit of 1")
	}
	return said.String(), nil
}

func (s *Server) judge(w http.ResponseWriter, words string, f Fault) {
	applies, types, scores, flagged := map[string]any{}, map[string]any{}, map[string]any{}, false
	for name, sign := range categories() {
		applies[name], types[name], scores[name] = false, []string{"text"}, 0.001
		if strings.Contains(words, sign) {
			applies[name], scores[name], flagged = true, 0.97, true
		}
	}
	s.sendJSON(w, map[string]any{"id": "modr-1", "model": "omni-moderation-latest", "results": []any{map[string]any{
		"flagged": flagged, "categories": applies, "category_applied_input_types": types, "category_scores": scores,
	}}}, f)
}
