brand_new: { thing: yes }
other: x
third: [a]
