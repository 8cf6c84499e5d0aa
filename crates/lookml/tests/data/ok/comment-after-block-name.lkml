view: orders # why
{}
