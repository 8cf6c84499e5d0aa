view # why
: orders {}
