include: ["/views/*.view", "//shared/*.model.lkml"]
