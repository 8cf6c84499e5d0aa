fields: [a*, - x.y]
