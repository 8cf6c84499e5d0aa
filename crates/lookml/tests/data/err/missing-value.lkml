hidden:
type: number
label: }
view: v { type: }
