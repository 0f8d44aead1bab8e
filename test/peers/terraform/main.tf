# A web service as teams describe it. What leads to drydock is the environment's AWS_ENDPOINT_URL.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "image" {
  description = "What the service runs. Its repository has to be there first, so the first apply can only target that."
  type        = string
  default     = ""
}

variable "text" {
  description = "What the service answers."
  type        = string
  default     = ""
}

provider "aws" {
  default_tags {
    tags = { app = "shop" }
  }
}

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

data "aws_availability_zones" "available" {
  state = "available"
}

output "account" {
  value = data.aws_caller_identity.current.account_id
}

output "repository" {
  value = aws_ecr_repository.web.repository_url
}

output "listener" {
  value = aws_lb_listener.http.arn
}

output "database" {
  value = aws_db_instance.main.endpoint
}
