view: v {
	label:	"x"
}
