package objects

import "fmt"

// The prefixes of everybody's images and references, and exports.
const (
	ImagesPrefix  = "u/"
	ExportsPrefix = "x/"
)

// ResultKey is the key of the n-th image of an attempt. ext has no dot.
func ResultKey(user int64, generation, attempt string, n int, ext string) string {
	return fmt.Sprintf("u/%d/%s/%s-%d.%s", user, generation, attempt, n, ext)
}

// ReferenceKey is the key of the n-th picture a person sent along with a generation. ext has no dot.
func ReferenceKey(user int64, generation string, n int, ext string) string {
	return fmt.Sprintf("u/%d/%s/ref-%d.%s", user, generation, n, ext)
}

// ExportKey is the key of a person's export; name cannot be guessed.
func ExportKey(user int64, name string) string {
	return fmt.Sprintf("x/%d/%s.zip", user, name)
}

// UserPrefix is the prefix of all images and references of a person.
func UserPrefix(user int64) string { return fmt.Sprintf("u/%d/", user) }

// ExportPrefix is the prefix of all exports of a person.
func ExportPrefix(user int64) string { return fmt.Sprintf("x/%d/", user) }
