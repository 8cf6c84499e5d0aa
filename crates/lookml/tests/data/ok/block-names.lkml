view: +refined {}
model: cube.dev {}
view: a-b {}
view: café {}
