view: "quoted" {}
