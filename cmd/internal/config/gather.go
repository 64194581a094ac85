package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// gather is what environ sets, by name: empty values left out, files read in
// place of the variables that name them.
func gather(known []setting, environ []string) (map[string]string, error) {
	given := map[string]string{}
	for _, item := range environ {
		name, value, _ := strings.Cut(item, "=")
		if strings.HasPrefix(name, prefix) {
			given[name] = value
		}
	}
	values := map[string]string{}
	var problems []error
	for _, s := range known {
		value, err := s.take(given)
		if err != nil {
			problems = append(problems, err)
		}
		if value != "" {
			values[s.name] = value
		}
	}
	return values, errors.Join(append(problems, unknown(known, given)...)...)
}

// take removes the setting and its twin from given and returns the value.
func (s setting) take(given map[string]string) (string, error) {
	value := given[s.name]
	delete(given, s.name)
	if !s.secret {
		return value, nil
	}
	twin := s.name + fileSuffix
	path := given[twin]
	delete(given, twin)
	switch {
	case path == "":
		return value, nil
	case value != "":
		return "", &SettingError{Name: s.name, Reason: "and " + twin + " are both set: want one of them"}
	}
	value, err := readSecret(path)
	if err != nil {
		return "", &SettingError{Name: twin, Reason: "is of no use: " + err.Error()}
	}
	return value, nil
}

// readSecret is the content of a file, less the line ends editors add. Its errors
// do not name the path: who confuses a variable with its twin has a secret there.
func readSecret(path string) (string, error) {
	const limit = 64 << 10
	f, err := os.Open(path)
	if err != nil {
		return "", pathless(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return "", pathless(err)
	}
	if len(text) > limit {
		return "", fmt.Errorf("the file is larger than %d bytes", limit)
	}
	value := strings.TrimRight(string(text), "\r\n")
	if value == "" {
		return "", errors.New("the file is empty")
	}
	return value, nil
}

// pathless is what went wrong with a file, without its name.
func pathless(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}

// unknown is an error for each name left in given, with the setting its writer
// may have meant.
func unknown(known []setting, given map[string]string) []error {
	var names []string
	for _, s := range known {
		names = append(names, s.name)
		if s.secret {
			names = append(names, s.name+fileSuffix)
		}
	}
	var problems []error
	for name := range given {
		reason := "is not a setting"
		if near := nearest(name, names); near != "" {
			reason += "; did you mean " + near + "?"
		}
		problems = append(problems, &SettingError{Name: name, Reason: reason})
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return problems
}

// nearest is the candidate the fewest edits away, "" if even that is another word.
func nearest(name string, candidates []string) string {
	if bare := strings.TrimSuffix(name, fileSuffix); slices.Contains(candidates, bare) {
		return bare // only secrets have a twin
	}
	best, fewest := "", len(strings.TrimPrefix(name, prefix))/3+2
	for _, c := range candidates {
		if d := distance(name, c); d < fewest {
			best, fewest = c, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
