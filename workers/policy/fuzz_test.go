package policy

import (
	"regexp"
	"strings"
	"testing"
)

// tag is all markup that documents become.
var tag = regexp.MustCompile(`^</?(h1|h2|p|ul|li|dl|div|dt|dd|strong|em|b|i|code|a)( (id="[a-z-]*"|class="(lead|kept|ground)"|href="https?://[^"<>\s]*"))?>$`)

// FuzzHTML: what an operator publishes becomes text with a closed set of markup, whatever stands in it.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		"# T\n\na <script>alert(1)</script> **b** *c* `d` [e](https://example.org/?a=1&b=2)", "# T\n[x](javascript:alert(1)) [y](https://a\"onclick=b)",
		"# T {#x}\n## H {#a-b}\n- **a *b** c*\n- d", "@g: why\n# T\n| a | <b> | c\" | d' | g |", "# {{.Name}}\n{{if .Shop}}x{{end}}", "# T\n**[x](https://e.org/**y**)**",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if strings.Contains(source, "{{") && strings.Contains(source, "range") || len(source) > 1<<12 {
			return // loops are the operator's own time
		}
		d, err := Parse(source, facts()[1])
		if err != nil {
			return
		}
		for _, text := range append(d.Messages(), d.HTML()) {
			for _, m := range regexp.MustCompile(`<[^>]*>?`).FindAllString(text, -1) {
				if !tag.MatchString(m) {
					t.Errorf("%q has %q", source, m)
				}
			}
		}
	})
}
